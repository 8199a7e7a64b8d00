namespace SnakeHost.Gateway.Configuration;

/// <summary>How a tenant is reloaded: <c>SnakeHost:Reload</c>.</summary>
internal sealed class ReloadOptions
{
    /// <summary>How long requests of a replaced generation may take to end.</summary>
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(10);
}
