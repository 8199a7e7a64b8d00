using Microsoft.Win32.SafeHandles;

namespace SnakeHost.Gateway.Apps;

/// <summary>A part of an open file that is a part of a response body.</summary>
/// <remarks>
/// Not <c>IHttpResponseBodyFeature.SendFileAsync</c>: that takes a path, and the file of a path may be another one by now, or none, as with a
/// temporary file that the app has closed. Kestrel copies in either case.
/// </remarks>
/// <param name="file">Taken over.</param>
/// <param name="offset">In bytes.</param>
/// <param name="length">In bytes.</param>
internal sealed class FilePart(SafeFileHandle file, long offset, long length) : IBodyPart
{
    private const int Block = 64 * 1024;

    public long Left { get; private set; } = length;

    public async Task<bool> CopyToAsync(HttpResponse response, CancellationToken aborted)
    {
        try
        {
            await response.StartAsync(aborted);
            var writer = response.BodyWriter;
            while (Left > 0)
            {
                var memory = writer.GetMemory((int)Math.Min(Left, Block));
                var read = await RandomAccess.ReadAsync(file, memory[..(int)Math.Min(Left, memory.Length)], offset, aborted);
                if (read == 0)
                    return true;
                writer.Advance(read);
                offset += read;
                Left -= read;
                if ((await writer.FlushAsync(aborted)).IsCompleted)
                    return false;
            }

            return true;
        }
        catch (OperationCanceledException) when (aborted.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Dispose() => file.Dispose();
}
