using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace SnakeHost.Gateway.CPython;

/// <summary>How long a thread has been on a processor, and ready to run without one, in nanoseconds since its start: the kernel's <c>schedstat</c>.</summary>
internal readonly record struct ThreadTimes(long Ran, long Waited)
{
    /// <summary>The field of <c>stat</c> that says which processor the thread was on last (proc_pid_stat(5)), counted from the one after the name.</summary>
    private const int ProcessorField = 39 - 3;

    public static ThreadTimes operator -(ThreadTimes left, ThreadTimes right) => new(left.Ran - right.Ran, left.Waited - right.Waited);

    /// <summary>Null for a thread that is gone, where the kernel keeps no such books, and when no descriptor is left.</summary>
    /// <param name="thread">As the kernel numbers it.</param>
    public static ThreadTimes? Of(nuint thread)
    {
        Span<byte> buffer = stackalloc byte[128];
        var text = Read(thread, "schedstat", buffer);
        return Utf8Parser.TryParse(text, out long ran, out var length) && length < text.Length && Utf8Parser.TryParse(text[(length + 1)..], out long waited, out _)
            ? new ThreadTimes(ran, waited)
            : null;
    }

    /// <summary>The processor it was on last; null as above.</summary>
    /// <param name="thread">As the kernel numbers it.</param>
    public static int? LastProcessor(nuint thread)
    {
        Span<byte> buffer = stackalloc byte[1024];
        var text = Read(thread, "stat", buffer);
        // A name may have spaces and parentheses.
        var fields = Encoding.ASCII.GetString(text[(text.LastIndexOf((byte)')') + 1)..]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > ProcessorField && int.TryParse(fields[ProcessorField], NumberStyles.None, CultureInfo.InvariantCulture, out var processor) ? processor : null;
    }

    /// <summary>Asked of each thread twice a second: without a string.</summary>
    private static ReadOnlySpan<byte> Read(nuint thread, string name, Span<byte> buffer)
    {
        try
        {
            using var file = File.OpenHandle(string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{thread}/{name}"));
            return buffer[..RandomAccess.Read(file, buffer, 0)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }
}
