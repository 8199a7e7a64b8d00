using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using SnakeHost.Gateway.Http;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>
/// Request bodies whose length the client has not told: chunked in HTTP/1.1, any in HTTP/2. Many frameworks read as much as
/// CONTENT_LENGTH says, thus nothing. So a short one is awaited, and the app is told its length.
/// </summary>
/// <remarks>
/// No thread of the app's waits meanwhile. What is longer than the limit, or comes from a client that pauses (it may be waiting for an
/// answer to what it has sent), goes to the app as a stream. A client that expects 100 Continue is left to the app.
/// </remarks>
internal static class UnknownLength
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    public static bool IsIn(HttpContext context) =>
        context.Request.ContentLength is null && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true };

    public static async Task AwaitAsync(HttpContext context, long limit)
    {
        var request = context.Request;
        if (request.Headers.Expect.Count > 0)
            return;
        try
        {
            while (true)
            {
                var read = await ReadAsync(request.BodyReader, context.RequestAborted);
                var (buffer, length) = (read.Buffer, read.Buffer.Length);
                if (read.IsCompleted && length <= limit)
                {
                    request.BodyReader.AdvanceTo(buffer.Start);
                    // The coding has been undone here: an app that still saw it might look for chunks, as Bottle does.
                    request.Headers.TransferEncoding = default;
                    request.ContentLength = length;
                    return;
                }

                if (read.IsCompleted || read.IsCanceled || length > limit)
                {
                    request.BodyReader.AdvanceTo(buffer.Start);
                    return;
                }

                request.BodyReader.AdvanceTo(buffer.Start, buffer.End);
            }
        }
        catch (Exception e) when (RequestFraming.IsBrokenBody(e))
        {
            // A malformed or broken-off body: the app meets the same error when it reads.
        }
    }

    private static async Task<ReadResult> ReadAsync(PipeReader reader, CancellationToken aborted)
    {
        var pending = reader.ReadAsync(aborted);
        if (pending.IsCompleted)
            return await pending;
        var read = pending.AsTask();
        try
        {
            return await read.WaitAsync(s_pause, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            reader.CancelPendingRead();
            return await read;
        }
    }
}
