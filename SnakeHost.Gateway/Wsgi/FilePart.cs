using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Win32.SafeHandles;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>A part of an open file that is the rest of a response body.</summary>
/// <remarks>
/// Not <c>IHttpResponseBodyFeature.SendFileAsync</c>: that takes a path, and the file of a path may be another one by now, or none, as with a
/// temporary file that the app has closed. Kestrel copies in either case.
/// </remarks>
internal sealed class FilePart(SafeFileHandle file, long offset, long length) : IDisposable
{
    private const int BufferSize = 64 * 1024;

    /// <summary>In bytes.</summary>
    public long Length => length;

    /// <summary>Sends it at the client's pace. Gives the bytes sent: fewer when the client has left or the file has become shorter meanwhile.</summary>
    public async Task<long> SendAsync(HttpContext context)
    {
        await using var stream = new FileStream(file, FileAccess.Read, bufferSize: 0);
        stream.Position = offset;
        try
        {
            await StreamCopyOperation.CopyToAsync(stream, context.Response.Body, length, BufferSize, context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to send it to.
        }

        return stream.Position - offset;
    }

    public void Dispose() => file.Dispose();
}
