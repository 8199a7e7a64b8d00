namespace SnakeHost.Gateway.Apps;

/// <summary>
/// A response that is under way cannot be completed. Thrown to the server: it sends what there is and closes the connection (HTTP/1)
/// or resets the stream (HTTP/2), which is how a client learns that the answer is not whole.
/// </summary>
internal sealed class ResponseBrokenException() : Exception("The response could not be completed; see the app's error.");
