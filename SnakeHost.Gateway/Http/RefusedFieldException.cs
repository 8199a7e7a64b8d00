namespace SnakeHost.Gateway.Http;

/// <summary>A header field, or one of a chunked body's trailers, is malformed. Of this kind Kestrel makes a 400 in a head; of a trailer <see cref="RequestFraming"/> does.</summary>
internal sealed class RefusedFieldException(string reason) : InvalidOperationException(reason);
