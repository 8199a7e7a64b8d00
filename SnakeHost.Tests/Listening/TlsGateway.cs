using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Listening;

/// <summary>A gateway that also listens elsewhere than the harness knows of.</summary>
[SuppressMessage("Security", "CA5359", Justification = "The certificates are the tests' own, and which one is shown is what is looked at.")]
internal static class TlsGateway
{
    /// <summary>The address of the listener of that number; 0 is the harness's own.</summary>
    public static IPEndPoint Address(GatewayProcess gateway, int number)
    {
        var line = gateway.Output.All.First(line => line.StartsWith("SnakeHost is listening on ", StringComparison.Ordinal));
        return IPEndPoint.Parse(new Uri(line.Split(' ')[4 + number]).Authority);
    }

    /// <summary>A client that takes any certificate and connects there, whatever host the URL names.</summary>
    public static HttpClient Client(IPEndPoint address) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true },
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(address, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });

    /// <summary>The whole answer to a client that ends its sending behind its request, in TLS and in TCP.</summary>
    public static async Task<string> SendAndEndAsync(IPEndPoint address, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address);
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true });
        await tls.WriteAsync(Encoding.ASCII.GetBytes(request));
        await tls.ShutdownAsync();
        client.Client.Shutdown(SocketShutdown.Send);
        using var reader = new StreamReader(tls, Encoding.ASCII);
        return await reader.ReadToEndAsync();
    }

    /// <summary>The certificate that is shown to a client that asks for that host; for none when it is empty.</summary>
    public static async Task<string> ThumbprintAsync(IPEndPoint address, string host)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address);
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host, RemoteCertificateValidationCallback = (_, _, _, _) => true });
        return new X509Certificate2(tls.RemoteCertificate!).Thumbprint;
    }
}
