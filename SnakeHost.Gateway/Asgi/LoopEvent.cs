namespace SnakeHost.Gateway.Asgi;

/// <summary>News for a request under way, or for the app.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Data">With <see cref="LoopEventKind.Body"/>: the next part of the request body.</param>
/// <param name="Last">With <see cref="LoopEventKind.Body"/>: no more of it follows.</param>
internal readonly record struct LoopEvent(LoopEventKind Kind, byte[]? Data = null, bool Last = false);
