namespace SnakeHost.Gateway.Tenants;

internal enum EvictReason
{
    /// <summary>Somebody, by the admin listener.</summary>
    Manual,

    /// <summary>Its directory is gone.</summary>
    DirectoryDeleted,

    /// <summary>No request for longer than the idle timeout.</summary>
    Idle,

    /// <summary>Least recently used when another tenant needed room.</summary>
    Capacity,

    /// <summary>The gateway stops.</summary>
    Shutdown,
}
