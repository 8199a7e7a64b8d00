using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Workers;

/// <summary>The body of a worker's answer in the app's place: the gateway makes the page of it that the client gets.</summary>
/// <param name="Status">Of <see cref="AppFailedException.StatusCode"/>.</param>
/// <param name="Error">What Python raised, if it did.</param>
internal sealed record WorkerFailure(int Status, string Message, PythonError? Error)
{
    public AppFailedException ToException() => Error is { } error ? new AppFailedException(error) : new AppFailedException(Message, Status);
}
