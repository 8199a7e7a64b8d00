namespace SnakeHost.Gateway.Tenants;

/// <summary>What asked for a reload.</summary>
internal enum ReloadTrigger
{
    /// <summary>Somebody, by the admin listener.</summary>
    Manual,

    /// <summary>A file changed.</summary>
    FileChange,

    /// <summary>The app's own process has ended.</summary>
    ProcessLost,
}
