namespace SnakeHost.Gateway.Apps;

/// <summary>An app failed to answer a request, or to answer it to the end.</summary>
internal sealed class AppFailedException : Exception
{
    public AppFailedException(PythonError error)
        : base($"{error.Type}: {error.Message}") => Error = error;

    /// <summary>A failure that has no Python exception behind it.</summary>
    /// <param name="message">One sentence.</param>
    public AppFailedException(string message, int statusCode = StatusCodes.Status500InternalServerError)
        : base(message) => StatusCode = statusCode;

    /// <param name="missing">Bytes that the Content-Length of the response has promised beyond those sent.</param>
    public static AppFailedException BodyTooShort(long missing) => new($"The response body is {missing} bytes shorter than its Content-Length.");

    public PythonError? Error { get; }

    /// <summary>The client has been told in the protocol's own way: a WebSocket was closed with 1011.</summary>
    public bool IsTold { get; set; }

    /// <summary>All bytes that its Content-Length has promised were written before that.</summary>
    public bool IsWhole { get; set; }

    /// <summary>500, or what the request itself deserves when it is at fault (400, 413).</summary>
    public int StatusCode { get; } = StatusCodes.Status500InternalServerError;
}
