using System.Net;
using System.Net.Sockets;
using System.Text;
using Yarp.ReverseProxy.Forwarder;

namespace SnakeHost.Gateway.Workers;

/// <summary>
/// The gateway's connections to one worker. Over HTTP/2 go requests of clients of HTTP/2, which may get trailers, and those with a body, since a client over HTTP/1.1 reads no answer before it has
/// sent all; the others over HTTP/1.1, which takes less.
/// </summary>
internal sealed class WorkerConnections : IDisposable
{
    /// <summary>In KiB: an app may say more than a stranger, and a failure of HEAD comes in a head.</summary>
    private static readonly int s_largestHead = 4096;

    private static readonly TimeSpan s_full = TimeSpan.FromMilliseconds(5);

    private readonly List<Socket> _sockets = [];
    private bool _isDisposed;

    /// <param name="http1">The path of the socket on which the worker speaks HTTP/1.1.</param>
    /// <param name="http2">The same for HTTP/2.</param>
    public WorkerConnections(string http1, string http2)
    {
        Http1 = new(new SentOnce(Connect(http1)));
        Http2 = new(new StreamedBodies(Connect(http2)));
    }

    public static ForwarderRequestConfig Http1Config { get; } = Config(HttpVersion.Version11);

    public static ForwarderRequestConfig Http2Config { get; } = Config(HttpVersion.Version20);

    public HttpMessageInvoker Http1 { get; }

    public HttpMessageInvoker Http2 { get; }

    /// <summary>Whether nobody listens any more, so that nothing was sent. Others than these two say nothing of the worker: the gateway may have too many files open.</summary>
    public static bool IsRefused(Exception? exception) =>
        exception is HttpRequestException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.AddressNotAvailable } };

    /// <summary>Ends those in use, too: a child of a worker's may hold their other ends.</summary>
    public void Dispose()
    {
        lock (_sockets)
        {
            _isDisposed = true;
            foreach (var socket in _sockets)
                socket.Dispose();
        }

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

    private SocketsHttpHandler Connect(string path)
    {
        var endpoint = new UnixDomainSocketEndPoint(path);
        return new SocketsHttpHandler
        {
            ConnectCallback = (_, cancellationToken) => OpenAsync(endpoint, cancellationToken),
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            EnableMultipleHttp2Connections = true,
            Expect100ContinueTimeout = Timeout.InfiniteTimeSpan,
            MaxResponseHeadersLength = s_largestHead,
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            UseCookies = false,
            UseProxy = false,
        };
    }

    private async ValueTask<Stream> OpenAsync(UnixDomainSocketEndPoint endpoint, CancellationToken cancellationToken)
    {
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(endpoint, cancellationToken);
                Keep(socket);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.TryAgain)
            {
                // As many as may wait already do (connect(2), EAGAIN): where TCP waits for a place, Unix sockets say so.
                socket.Dispose();
                await Task.Delay(s_full, cancellationToken);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    private void Keep(Socket socket)
    {
        lock (_sockets)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _sockets.RemoveAll(static old => !old.Connected);
            _sockets.Add(socket);
        }
    }
}
