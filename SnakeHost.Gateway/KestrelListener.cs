using Microsoft.AspNetCore.Server.Kestrel.Core;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway;

/// <summary>Makes Kestrel listen where the options say.</summary>
internal static class KestrelListener
{
    public static void Add(KestrelServerOptions kestrel, ListenAddress address)
    {
        if (address.IsLocalhost)
            kestrel.ListenLocalhost(address.Port, Configure);
        else if (address.Address is null)
            kestrel.ListenAnyIP(address.Port, Configure);
        else
            kestrel.Listen(address.Address, address.Port, Configure);

        void Configure(ListenOptions listen)
        {
            if (address.IsHttp2Only)
                listen.Protocols = HttpProtocols.Http2;
        }
    }
}
