namespace SnakeHost.Gateway.Configuration;

/// <summary>How many apps are held, for how long, and what happens at the limits.</summary>
internal sealed class TenantOptions
{
    /// <summary>Apps loaded at once; the least recently used idle one makes room.</summary>
    [WholeNumber(1, 1_000_000)]
    [Formerly("Capacity")]
    public int MaxTenants { get; set; } = 128;

    /// <summary>An app without a request for so long is unloaded.</summary>
    [Duration(Minimum = 1000, Infinite = true)]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>For so long a failed load, or a name that leads to no app, is not tried again.</summary>
    [Duration]
    [Formerly("FailureCache")]
    public TimeSpan FailureCacheDuration { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Importing and starting an app may take so long.</summary>
    [Duration(Minimum = 1, Infinite = true)]
    public TimeSpan LoadTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Loads at the same time; more are answered 503.</summary>
    [WholeNumber(1, 100_000)]
    [Formerly("ConcurrentLoads")]
    public int MaxConcurrentLoads { get; set; } = 64;

    /// <summary>Where the workers of one port agree on the tenants' ids; null where there is one process. Not a key.</summary>
    internal string? NamesFolder { get; set; }
}
