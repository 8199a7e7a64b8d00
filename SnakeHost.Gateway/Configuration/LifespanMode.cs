namespace SnakeHost.Gateway.Configuration;

/// <summary>Whether an ASGI app is told of start and end (ASGI lifespan 2.0).</summary>
internal enum LifespanMode
{
    /// <summary>Yes, and an app that raises instead of answering is taken not to want it.</summary>
    Auto,

    /// <summary>Yes, and an app that raises is refused.</summary>
    On,

    /// <summary>No.</summary>
    Off,
}
