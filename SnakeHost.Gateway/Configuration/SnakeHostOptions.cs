using System.Net;

namespace SnakeHost.Gateway.Configuration;

/// <summary>The section <c>SnakeHost</c>. Read it with <see cref="OptionsReader"/>, which validates it.</summary>
internal sealed class SnakeHostOptions
{
    /// <summary>Public addresses; port 0 picks a free one.</summary>
    public List<string> Listen { get; set; } = ["127.0.0.1:9080"];

    /// <summary>Whole gateways on the same addresses, each in a process of its own; 1 is this process alone.</summary>
    [WholeNumber(1, 256, IsCores = true)]
    public int Workers { get; set; } = 1;

    public PythonOptions Python { get; set; } = new();

    /// <summary>The folder of apps. Absolute once read; empty when none was configured and none was found.</summary>
    public string Root { get; set; } = "";

    /// <summary>Never empty once read.</summary>
    public List<RouteOptions> Routes { get; set; } = [];

    /// <summary>The only route, in place of <see cref="Routes"/>: one app. The command line's <c>--app</c> sets it.</summary>
    public RouteOptions? Route { get; set; }

    /// <summary>Laid over every route. Command line options that name no app set it.</summary>
    [Formerly("EveryRoute")]
    public RouteOptions? RouteDefaults { get; set; }

    public TenantOptions Tenants { get; set; } = new();

    public ReloadOptions Reload { get; set; } = new();

    public WebSocketSettings WebSockets { get; set; } = new();

    public AdminOptions Admin { get; set; } = new();

    public LimitOptions Limits { get; set; } = new();

    /// <summary>For the addresses that begin with <c>https://</c>. None: the ASP.NET Core development certificate.</summary>
    public List<CertificateOptions> Certificates { get; set; } = [];

    /// <summary>Addresses and networks whose X-Forwarded-For and -Proto are believed. Empty: loopback in Development, else nobody; <c>none</c>: nobody.</summary>
    public List<string> TrustedProxies { get; set; } = [];

    /// <summary>Believe X-Forwarded-Host too, which chooses the app: for proxies that always set it.</summary>
    public bool TrustForwardedHost { get; set; }

    /// <summary>A log line for each request.</summary>
    public AccessLogFormat AccessLogs { get; set; }

    /// <summary>Where a request that no app takes is answered 200, for a platform that asks whether requests are accepted. Empty: nowhere.</summary>
    public string HealthPath { get; set; } = "";

    /// <summary>After SIGTERM requests are taken for so long, while the health says that no more should come.</summary>
    [Duration]
    public TimeSpan Drain { get; set; }

    /// <summary>Answer failures with tracebacks. Null: in the environment Development only.</summary>
    public bool? DeveloperPages { get; set; }

    /// <summary>A request whose answer has not begun for so long is logged, once, with what its code is doing. Null: 5 s in the environment Development, else never.</summary>
    [Duration(Minimum = 1, Infinite = true)]
    public TimeSpan? SlowRequest { get; set; }

    /// <summary>Of each app so many requests a second are recorded as traces; of more a share, and those that fail or are slow. Where <c>OTEL_TRACES_SAMPLER</c> is set, that decides.</summary>
    [WholeNumber(0, 1_000_000)]
    public int TracesPerSecond { get; set; } = 100;

    /// <summary>Keys that were given under the name of an earlier version, each with the key of today. Not a key.</summary>
    internal IReadOnlyList<(string Former, string Name)> FormerNames { get; init; } = [];

    /// <summary>Where relative paths start that are not relative to <see cref="Root"/>: the configuration's folder. Not a key.</summary>
    internal string BaseDirectory { get; set; } = "";

    /// <summary><see cref="SlowRequest"/>, decided.</summary>
    internal TimeSpan SlowAfter(bool isDeveloping) => SlowRequest ?? (isDeveloping ? TimeSpan.FromSeconds(5) : Timeout.InfiniteTimeSpan);

    /// <summary><see cref="Listen"/>, parsed.</summary>
    internal IReadOnlyList<ListenAddress> Addresses => [.. Listen.Select((text, index) => ListenAddress.Parse($"SnakeHost:Listen:{index}", text))];

    /// <summary><see cref="TrustedProxies"/>, parsed; null when nothing was said.</summary>
    internal IReadOnlyList<IPNetwork>? ProxyNetworks => TrustedProxies switch
    {
        [] => null,
        [var only] when only.Equals(TrustedProxy.None, StringComparison.OrdinalIgnoreCase) => [],
        _ => [.. TrustedProxies.Select((text, index) => TrustedProxy.Parse($"SnakeHost:TrustedProxies:{index}", text))],
    };
}
