namespace SnakeHost.Gateway.Configuration;

/// <summary>Whether an ASGI app's lifespan (ASGI lifespan 2.0) is run.</summary>
internal enum LifespanMode
{
    /// <summary>Run it; an app that does not know it goes on without.</summary>
    Auto,

    /// <summary>Run it; an app that does not know it fails to load.</summary>
    On,

    /// <summary>Never run it.</summary>
    Off,
}
