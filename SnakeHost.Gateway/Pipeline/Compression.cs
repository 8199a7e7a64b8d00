using Microsoft.AspNetCore.ResponseCompression;

namespace SnakeHost.Gateway.Pipeline;

/// <summary>Compresses what a request is answered with, for routes that want it.</summary>
internal sealed class Compression
{
    private readonly CompressionPolicy _policy;
    private readonly ResponseCompressionMiddleware _middleware;

    public Compression(IServiceProvider services)
    {
        _policy = new CompressionPolicy(services);
        _middleware = new ResponseCompressionMiddleware(AnswerAsync, _policy);
    }

    public Task HandleAsync(HttpContext context, Func<Task> answer)
    {
        RequestNotes.Of(context).Answer = answer;
        return _middleware.Invoke(context);
    }

    private Task AnswerAsync(HttpContext context)
    {
        context.Response.OnStarting(() =>
        {
            _policy.CompleteHead(context);
            return Task.CompletedTask;
        });
        return RequestNotes.Of(context).Answer!();
    }
}
