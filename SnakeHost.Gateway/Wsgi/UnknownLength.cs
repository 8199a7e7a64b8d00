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
        // Consumed, not only examined: what is examined and then left to be read again breaks Kestrel's windows over HTTP/2 (findings/http2-examined-body-breaks-windows.sh).
        var (body, isWhole) = (new MemoryStream(), false);
        try
        {
            while (!isWhole && body.Length <= limit)
            {
                var read = await ReadAsync(request.BodyReader, context.RequestAborted);
                foreach (var part in read.Buffer)
                    body.Write(part.Span);
                request.BodyReader.AdvanceTo(read.Buffer.End);
                if (read.IsCanceled)
                    break;
                isWhole = read.IsCompleted;
            }
        }
        catch (Exception e) when (RequestFraming.IsBrokenBody(e))
        {
            // A malformed or broken-off body: the app meets the same error when it reads.
        }

        body.Position = 0;
        if (isWhole && body.Length <= limit)
        {
            // The coding has been undone here: an app that still saw it might look for chunks, as Bottle does.
            request.Headers.TransferEncoding = default;
            request.ContentLength = body.Length;
            request.Body = body;
        }
        else if (body.Length > 0)
        {
            request.Body = new Resumed(body, request.Body);
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

    /// <summary>What has been read already, and then the rest.</summary>
    private sealed class Resumed(MemoryStream begun, Stream rest) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            begun.Position < begun.Length ? new ValueTask<int>(begun.Read(buffer.Span)) : rest.ReadAsync(buffer, cancellationToken);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
