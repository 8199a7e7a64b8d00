namespace SnakeHost.Gateway.Configuration;

/// <summary>Whether a route's apps follow their source.</summary>
[Shorthand(nameof(Enabled))]
internal sealed class AutoreloadOptions
{
    public bool Enabled { get; set; } = true;

    /// <summary>Reload the browser too: HTML answers get a script that listens for the next generation.</summary>
    public bool Browser { get; set; }
}
