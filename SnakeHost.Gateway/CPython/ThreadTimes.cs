using System.Globalization;

namespace SnakeHost.Gateway.CPython;

/// <summary>How long a thread has been on a processor, and ready to run without one, in nanoseconds since its start: the kernel's <c>schedstat</c>.</summary>
internal readonly record struct ThreadTimes(long Ran, long Waited)
{
    /// <summary>The field of <c>stat</c> that says which processor the thread was on last (proc_pid_stat(5)), counted from the one after the name.</summary>
    private const int ProcessorField = 39 - 3;

    public static ThreadTimes operator -(ThreadTimes left, ThreadTimes right) => new(left.Ran - right.Ran, left.Waited - right.Waited);

    /// <summary>Null for a thread that is gone, and where the kernel keeps no such books.</summary>
    /// <param name="thread">As the kernel numbers it.</param>
    public static ThreadTimes? Of(nuint thread)
    {
        var fields = Read(thread, "schedstat").Split(' ');
        return fields.Length >= 2
            && long.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var ran)
            && long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var waited)
                ? new ThreadTimes(ran, waited)
                : null;
    }

    /// <summary>The processor it was on last; null for a thread that is gone.</summary>
    /// <param name="thread">As the kernel numbers it.</param>
    public static int? LastProcessor(nuint thread)
    {
        var text = Read(thread, "stat");
        // A name may have spaces and parentheses.
        var fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > ProcessorField && int.TryParse(fields[ProcessorField], NumberStyles.None, CultureInfo.InvariantCulture, out var processor) ? processor : null;
    }

    private static string Read(nuint thread, string file)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{thread}/{file}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
