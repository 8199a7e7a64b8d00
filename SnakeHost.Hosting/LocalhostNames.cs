using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace SnakeHost.Hosting;

/// <summary>
/// Names below localhost are this machine (RFC 6761, section 6.3). Browsers know, the system's resolver may not; so the AppHost's own clients, among them
/// those of tests and of HTTP commands, are told.
/// </summary>
internal static class LocalhostNames
{
    public static void Use(IServiceCollection services) => services.ConfigureHttpClientDefaults(static http => http.UseSocketsHttpHandler(static (handler, _) => handler.ConnectCallback = ConnectAsync));

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var end = context.DnsEndPoint;
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(end.Host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase) ? new DnsEndPoint("localhost", end.Port) : end, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
