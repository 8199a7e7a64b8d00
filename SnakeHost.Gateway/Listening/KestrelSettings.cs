using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Listening;

/// <summary>The public server: what it accepts, and where.</summary>
internal static class KestrelSettings
{
    /// <summary>Requests at once on a connection of HTTP/2, Kestrel's default, and how many bytes of each may wait to be read.</summary>
    private const int Streams = 100;
    private const int StreamWindow = 512 * 1024;

    private static readonly TimeSpan s_rateGrace = TimeSpan.FromSeconds(5);

    /// <exception cref="ConfigurationException">A certificate cannot be used.</exception>
    public static void Apply(KestrelServerOptions kestrel, SnakeHostOptions options, PublicSockets listening)
    {
        // A line of the head that ends without CR is one line to us and part of the line before it to others (RFC 9112, 2.2).
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        kestrel.AddServerHeader = false;
        RequestFields.Check(kestrel, options.TrustForwardedHost);
        kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
        kestrel.AllowResponseHeaderCompression = true;
        Apply(kestrel.Limits, options.Limits);
        var loggers = kestrel.ApplicationServices.GetRequiredService<ILoggerFactory>();
        var certificates = options.Certificates.Count > 0 ? new CertificateTable(options.Certificates, loggers.CreateLogger<CertificateTable>()) : null;
        var limit = ConnectionLimit.Create(options.Limits, loggers.CreateLogger<ConnectionLimit>());
        foreach (var address in options.Addresses)
            KestrelListener.Add(kestrel, address, certificates, limit, listening);
    }

    /// <summary>
    /// Lets the threads that watch the sockets run the requests too, up to where Python takes over: nothing on that way blocks. Looking
    /// for changes by time stamps would.
    /// </summary>
    /// <param name="listening">Where it listens.</param>
    public static void Apply(SocketTransportOptions sockets, SnakeHostOptions options, PublicSockets listening)
    {
        sockets.UnsafePreferInlineScheduling = !options.Reload.Polling;
        sockets.CreateBoundListenSocket = listening.Bind;
    }

    private static void Apply(KestrelServerLimits server, LimitOptions limits)
    {
        // Bodies are the routes' business.
        server.MaxRequestBodySize = null;
        server.MaxRequestHeadersTotalSize = (int)limits.MaxRequestHeadersSize;
        // Uploads that wait for a thread must not take all of the connection's window: those that have one would wait for them.
        server.Http2.MaxStreamsPerConnection = Streams;
        server.Http2.InitialStreamWindowSize = StreamWindow;
        server.Http2.InitialConnectionWindowSize = Streams * StreamWindow;
        server.Http2.MaxRequestHeaderFieldSize = (int)limits.MaxRequestHeadersSize;
        server.MaxRequestHeaderCount = limits.MaxRequestHeaderCount;
        server.MaxRequestLineSize = (int)limits.MaxRequestLineSize;
        server.RequestHeadersTimeout = limits.RequestHeadersTimeout;
        server.KeepAliveTimeout = limits.KeepAliveTimeout;
        server.MinRequestBodyDataRate = Rate(limits.MinRequestBodyRate);
        server.MinResponseDataRate = Rate(limits.MinResponseRate);
    }

    private static MinDataRate? Rate(long bytesPerSecond) => bytesPerSecond == 0 ? null : new MinDataRate(bytesPerSecond, s_rateGrace);
}
