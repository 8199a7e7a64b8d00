using System.Net;

namespace SnakeHost.Gateway.Workers;

/// <summary>
/// Gives each request over HTTP/1.1 a body, if only an empty one. One without is sent up to four times when its connection ends before its answer, and so an app would run it again.
/// </summary>
internal sealed class SentOnce(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // What becomes a WebSocket has none.
        if (!request.Headers.NonValidated.Contains("Upgrade"))
            request.Content ??= new Empty();
        return base.SendAsync(request, cancellationToken);
    }

    private sealed class Empty : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => Task.CompletedTask;

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return true;
        }
    }
}
