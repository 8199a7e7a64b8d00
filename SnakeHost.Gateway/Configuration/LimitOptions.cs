namespace SnakeHost.Gateway.Configuration;

/// <summary>What a request may be like, and how slow a client may be.</summary>
internal sealed class LimitOptions
{
    private const long Buffer = 1 << 20;

    /// <summary>Open at once, WebSockets included; further ones are refused. Null: as many as the process's file descriptors allow.</summary>
    [WholeNumber(1, 10_000_000)]
    public int? MaxConnections { get; set; }

    /// <summary>Of every route that has none of its own. Python servers have no limit, so apps count on setting theirs.</summary>
    [Size(Infinite = true)]
    public long MaxRequestBodySize { get; set; } = ByteSize.Unlimited;

    /// <summary>All header lines together; more is answered 431.</summary>
    [Size(Minimum = 1024, Maximum = Buffer)]
    public long MaxRequestHeadersSize { get; set; } = 32 * 1024;

    /// <summary>More is answered 431.</summary>
    [WholeNumber(1, 10_000)]
    public int MaxRequestHeaderCount { get; set; } = 100;

    /// <summary>Method, target and protocol; longer is answered 414.</summary>
    [Size(Minimum = 256, Maximum = Buffer)]
    public long MaxRequestLineSize { get; set; } = 8 * 1024;

    /// <summary>The head of a request must arrive within it.</summary>
    [Duration(Minimum = 100, Infinite = true)]
    public TimeSpan RequestHeadersTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>So long a connection may stay without a request.</summary>
    [Duration(Minimum = 100, Infinite = true)]
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromSeconds(130);

    /// <summary>Bytes a second, on average, that a body which is being read must arrive with, after 5 s of grace; 0 for none.</summary>
    [Size(Maximum = Buffer)]
    public long MinRequestBodyRate { get; set; } = 240;

    /// <summary>Bytes a second that a client must take an answer with, likewise.</summary>
    [Size(Maximum = Buffer)]
    public long MinResponseRate { get; set; } = 240;
}
