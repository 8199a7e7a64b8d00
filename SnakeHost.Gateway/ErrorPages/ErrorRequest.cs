namespace SnakeHost.Gateway.ErrorPages;

/// <summary>What an error answer says of the request; already fit for display.</summary>
/// <param name="Method">GET, …</param>
/// <param name="Target">Host, path and query.</param>
/// <param name="TraceId">The W3C trace id, or the request id where nothing is traced.</param>
/// <param name="RequestId">The server's id for connection and request.</param>
internal sealed record ErrorRequest(string Method, string Target, string TraceId, string RequestId);
