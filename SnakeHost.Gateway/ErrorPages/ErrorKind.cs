namespace SnakeHost.Gateway.ErrorPages;

/// <summary>Why the gateway answers in the app's place.</summary>
internal enum ErrorKind
{
    /// <summary>404: no route, an empty placeholder, no such directory, an unsafe value.</summary>
    NotFound,

    /// <summary>413: the request's body is larger than the route allows.</summary>
    BodyTooLarge,

    /// <summary>500: the import, the attribute, the lifespan start-up or a reload failed.</summary>
    LoadFailed,

    /// <summary>500: the app raised, or broke its protocol, before its response had started.</summary>
    AppRaised,

    /// <summary>503: as many apps as allowed are loaded, and none is idle.</summary>
    CapacityReached,

    /// <summary>503: as many apps as allowed are being loaded right now.</summary>
    TooManyLoads,

    /// <summary>503: the app's queue of waiting requests is full.</summary>
    QueueFull,

    /// <summary>503: the gateway is shutting down.</summary>
    ShuttingDown,

    /// <summary>504: the load took longer than it may.</summary>
    LoadTimeout,
}
