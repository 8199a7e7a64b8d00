using System.Net;
using System.Net.Sockets;
using System.Text;
using Yarp.ReverseProxy.Forwarder;

namespace SnakeHost.Gateway.Workers;

/// <summary>
/// The gateway's connections to one worker. Over HTTP/2 go requests of clients of HTTP/2, which may get trailers, and those with a body, since a client over HTTP/1.1 reads no answer before it has
/// sent all; the others over HTTP/1.1, which takes less.
/// </summary>
internal sealed class WorkerConnections(string http1, string http2) : IDisposable
{
    public static ForwarderRequestConfig Http1Config { get; } = Config(HttpVersion.Version11);

    public static ForwarderRequestConfig Http2Config { get; } = Config(HttpVersion.Version20);

    public HttpMessageInvoker Http1 { get; } = new(new SentOnce(Connect(http1)));

    public HttpMessageInvoker Http2 { get; } = new(new StreamedBodies(Connect(http2)));

    public void Dispose()
    {
        Http1.Dispose();
        Http2.Dispose();
    }

    private static ForwarderRequestConfig Config(Version version) => new()
    {
        Version = version,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        // As long as the app, the gateway's limits and the client allow.
        ActivityTimeout = Timeout.InfiniteTimeSpan,
    };

    private static SocketsHttpHandler Connect(string path)
    {
        var endpoint = new UnixDomainSocketEndPoint(path);
        return new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(endpoint, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            EnableMultipleHttp2Connections = true,
            Expect100ContinueTimeout = Timeout.InfiniteTimeSpan,
            MaxResponseHeadersLength = 4096,
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            UseCookies = false,
            UseProxy = false,
        };
    }
}
