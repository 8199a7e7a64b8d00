namespace SnakeHost.Tests.Harness;

/// <summary>Makes a request that fails or hangs fail the test with the state of the server, not with the socket's words alone.</summary>
internal sealed class ExplainingHandler(Func<string> describe) : DelegatingHandler
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(90);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_limit);
        try
        {
            return await base.SendAsync(request, limit.Token);
        }
        catch (HttpRequestException failure)
        {
            throw new HttpRequestException($"{request.RequestUri}: {failure.Message}. {describe()}", failure, failure.StatusCode);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{request.RequestUri}: no answer within {s_limit.TotalSeconds} s. {describe()}");
        }
    }
}
