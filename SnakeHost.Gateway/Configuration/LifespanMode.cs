namespace SnakeHost.Gateway.Configuration;

/// <summary>Whether an ASGI app is sent lifespan events (ASGI lifespan 2.0).</summary>
internal enum LifespanMode
{
    /// <summary>Sent; an app that does not know them is served without.</summary>
    Auto,

    /// <summary>Sent; an app that does not complete its startup fails to load.</summary>
    On,

    /// <summary>Never sent.</summary>
    Off,
}
