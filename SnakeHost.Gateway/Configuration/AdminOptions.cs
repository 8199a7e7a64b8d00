namespace SnakeHost.Gateway.Configuration;

/// <summary>The dashboard and its API, on a listener of their own.</summary>
internal sealed class AdminOptions
{
    /// <summary>An address, or <c>off</c>.</summary>
    public string Listen { get; set; } = "127.0.0.1:9081";

    /// <summary>Demanded as a bearer token when not empty; must not be empty on an address that others reach.</summary>
    public string Token { get; set; } = "";

    /// <summary>Whether <c>/metrics</c> is there for Prometheus; measured then with each request, as with OTLP.</summary>
    public bool Metrics { get; set; }

    /// <summary>Null when the admin listener is off.</summary>
    public ListenAddress? Address => Listen.Equals("off", StringComparison.OrdinalIgnoreCase) ? null : Parse("SnakeHost:Admin:Listen", Listen);

    /// <summary>An address of plain HTTP: the admin listener speaks nothing else.</summary>
    public static ListenAddress Parse(string key, string text) =>
        ListenAddress.Parse(key, text) is { Scheme: ListenScheme.Http } address
            ? address
            : throw new ConfigurationException($"{key} is '{text}': the admin listener speaks plain HTTP only; put it on loopback, or behind a proxy.");
}
