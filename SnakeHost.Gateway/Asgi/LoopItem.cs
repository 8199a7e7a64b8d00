namespace SnakeHost.Gateway.Asgi;

/// <summary>What a loop's thread takes from its queue: a new request, or news for one under way.</summary>
/// <param name="Exchange">The request; null for news that concern the whole app.</param>
internal readonly record struct LoopItem(AsgiExchange? Exchange, LoopEvent Event);
