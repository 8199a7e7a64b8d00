namespace SnakeHost.Gateway.Http;

/// <summary>An app failed to answer a request, and nothing of a response has been sent.</summary>
internal sealed class AppFailedException : Exception
{
    public AppFailedException(PythonError error)
        : base($"{error.Type}: {error.Message}")
    {
        Error = error;
    }

    /// <summary>A failure that has no Python exception behind it.</summary>
    /// <param name="message">One sentence.</param>
    /// <param name="statusCode">What to answer.</param>
    public AppFailedException(string message, int statusCode = StatusCodes.Status500InternalServerError)
        : base(message)
    {
        StatusCode = statusCode;
    }

    public PythonError? Error { get; }

    /// <summary>500, or what the request itself deserves when it is at fault (400, 413).</summary>
    public int StatusCode { get; } = StatusCodes.Status500InternalServerError;
}
