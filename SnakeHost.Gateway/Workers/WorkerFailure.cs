using System.Text.Json;
using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Workers;

/// <summary>The body of a worker's answer in the app's place: the gateway makes the page of it that the client gets.</summary>
/// <param name="Status">Of <see cref="AppFailedException.StatusCode"/>.</param>
/// <param name="Error">What Python raised, if it did.</param>
internal sealed record WorkerFailure(int Status, string Message, PythonError? Error)
{
    public static async Task<WorkerFailure?> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        // An answer to HEAD has no body.
        if (answer.Headers.NonValidated.TryGetValues(ForwardedRequest.FailureBodyHeader, out var body))
            return JsonSerializer.Deserialize(Convert.FromBase64String(body.ToString()), WorkerJsonContext.Default.WorkerFailure);
        var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        return await JsonSerializer.DeserializeAsync(stream, WorkerJsonContext.Default.WorkerFailure, cancellationToken);
    }

    public Task WriteAsync(HttpResponse response, string secret)
    {
        response.Clear();
        response.StatusCode = StatusCodes.Status500InternalServerError;
        response.Headers[ForwardedRequest.FailureHeader] = secret;
        var body = JsonSerializer.SerializeToUtf8Bytes(this, WorkerJsonContext.Default.WorkerFailure);
        if (HttpMethods.IsHead(response.HttpContext.Request.Method))
        {
            response.Headers[ForwardedRequest.FailureBodyHeader] = Convert.ToBase64String(body);
            return Task.CompletedTask;
        }

        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body).AsTask();
    }

    public AppFailedException ToException() => Error is { } error ? new AppFailedException(error) : new AppFailedException(Message, Status);
}
