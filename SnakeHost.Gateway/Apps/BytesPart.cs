using System.Buffers;
using SnakeHost.Gateway.CPython;

namespace SnakeHost.Gateway.Apps;

/// <summary>A large <c>bytes</c> object of an app's that is the rest of a response body.</summary>
/// <remarks>
/// Copied bit by bit as the client takes it, not all at once: a slow client would have a second copy of it grow in Kestrel's pipe, and a fast
/// one gets it sooner from memory that the processor still has in its cache.
/// </remarks>
/// <param name="bytes">Its reference is taken; it is given back on <see cref="Dispose"/>, without the GIL.</param>
/// <param name="length">So many of its first bytes.</param>
internal sealed class BytesPart(PyBorrowed bytes, long length) : IBodyPart
{
    /// <summary>From this size on, a body is worth the detour.</summary>
    public const int Minimum = 256 * 1024;

    /// <summary>In one system call: more of them wake the client more often.</summary>
    private const int Block = 512 * 1024;

    private readonly PyBytes _bytes = new(bytes);
    private int _offset;

    public long Left => length - _offset;

    public async Task<bool> CopyToAsync(HttpResponse response, CancellationToken aborted)
    {
        // Not on the thread that sends the answers of all apps: a client that keeps up has it do so to the end, compressing perhaps.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            // Before its start Kestrel keeps what is written elsewhere, and copies it again.
            await response.StartAsync(aborted);
            var writer = response.BodyWriter;
            while (Left > 0)
            {
                var block = (int)Math.Min(Left, Block);
                writer.Write(_bytes.Span.Slice(_offset, block));
                _offset += block;
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

    public void Dispose() => _bytes.Dispose();
}
