namespace SnakeHost.Gateway.Configuration;

/// <summary>Where an app runs.</summary>
internal enum IsolationMode
{
    /// <summary>In the gateway's interpreter; in a process of its own where that cannot work.</summary>
    Auto,

    /// <summary>In the gateway's interpreter, or not at all.</summary>
    Shared,

    /// <summary>In a process of its own.</summary>
    Process,
}
