namespace SnakeHost.Gateway.Asgi;

/// <summary>Known to <c>snakehost/asgi.py</c> by value.</summary>
internal enum LoopEventKind
{
    /// <summary>A new request.</summary>
    Request = 0,

    /// <summary>A part of the request body has arrived.</summary>
    Body = 1,

    /// <summary>The pipe to the client has room again.</summary>
    Drained = 2,

    /// <summary>The client is gone.</summary>
    Disconnect = 3,

    /// <summary>The app is to end once the requests under way are answered, or their time is over.</summary>
    Stop = 4,

    /// <summary>A WebSocket message has arrived.</summary>
    Message = 6,

    /// <summary>The WebSocket connection is over.</summary>
    Closed = 7,

    /// <summary>The gateway stops: the WebSocket is to be closed.</summary>
    Close = 8,

    /// <summary>The trace of the request that follows; the payload is its <c>traceparent</c>, or None when it is measured only.</summary>
    Trace = 9,
}
