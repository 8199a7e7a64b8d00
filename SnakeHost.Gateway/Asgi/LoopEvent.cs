namespace SnakeHost.Gateway.Asgi;

/// <summary>News for a request under way, or for the app.</summary>
/// <param name="Data">A WebSocket message, or the reason of a close in UTF-8.</param>
/// <param name="Last">With <see cref="LoopEventKind.Message"/>: it is text.</param>
/// <param name="Code">
/// With <see cref="LoopEventKind.Closed"/>: why (RFC 6455, 7.4). With <see cref="LoopEventKind.Stop"/>: the milliseconds that what is
/// under way has to end in; negative for no limit.
/// </param>
internal readonly record struct LoopEvent(LoopEventKind Kind, byte[]? Data = null, bool Last = false, int Code = 0);
