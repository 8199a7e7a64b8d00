using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Listening;

/// <summary>Makes Kestrel listen where the options say.</summary>
internal static class KestrelListener
{
    /// <param name="kestrel">The server.</param>
    /// <param name="address">Where, and what is spoken there.</param>
    /// <param name="certificates">For HTTPS; null for the development certificate.</param>
    /// <exception cref="ConfigurationException">There is no certificate for HTTPS.</exception>
    public static void Add(KestrelServerOptions kestrel, ListenAddress address, CertificateTable? certificates = null)
    {
        if (address.IsLocalhost)
            kestrel.ListenLocalhost(address.Port, Configure);
        else if (address.Address is null)
            kestrel.ListenAnyIP(address.Port, Configure);
        else
            kestrel.Listen(address.Address, address.Port, Configure);

        void Configure(ListenOptions listen)
        {
            listen.Protocols = address.Scheme switch
            {
                ListenScheme.Https => HttpProtocols.Http1AndHttp2,
                ListenScheme.Http2Cleartext => HttpProtocols.Http2,
                _ => HttpProtocols.Http1,
            };
            if (address.Scheme != ListenScheme.Https)
                return;
            if (certificates is not null)
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = context => certificates.ChooseAsync(context.ClientHelloInfo.ServerName) });
            else
                UseDevelopmentCertificate(listen, address);
        }
    }

    private static void UseDevelopmentCertificate(ListenOptions listen, ListenAddress address)
    {
        try
        {
            listen.UseHttps();
        }
        catch (InvalidOperationException e)
        {
            throw new ConfigurationException(
                $"SnakeHost:Listen holds https on port {address.Port}, but there is no certificate: name one by SnakeHost:Certificates (--cert FILE --key FILE), or make the development certificate by 'dotnet dev-certs https'.", e);
        }
    }
}
