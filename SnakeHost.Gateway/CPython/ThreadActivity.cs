using System.Globalization;

namespace SnakeHost.Gateway.CPython;

/// <summary>What the threads that are in Python have done since the last look, by the kernel's books: none of it needs the GIL.</summary>
/// <remarks>
/// Who waits for the GIL wakes every 5 ms and sleeps again (<c>take_gil</c> in <c>ceval_gil</c>). Who has it computes, or does not run at all: it sleeps in C, or waits for a lock.
/// A thread that waits without the GIL, for a database say, does not run either: if somebody computes, it is not that one.
/// </remarks>
internal sealed class ThreadActivity
{
    /// <summary>Nanoseconds of a processor in a second.</summary>
    private const long Computes = 10_000_000;

    /// <summary>How often in a second a thread goes to sleep.</summary>
    private const long AsksForGil = 20;

    private Dictionary<PythonThread, Books>? _last;

    public void Forget() => _last = null;

    /// <summary>The names of those that may have the GIL. Called about once a second; null the first time.</summary>
    public IReadOnlyList<string>? Holders()
    {
        var now = PythonThread.InPython().ToDictionary(thread => thread, thread => Books.Of(thread.NativeId));
        var last = _last;
        _last = now;
        if (last is null)
            return null;
        var known = now.Where(entry => last.ContainsKey(entry.Key)).Select(entry => (Thread: entry.Key, Since: entry.Value - last[entry.Key])).ToList();
        var holders = known.FindAll(entry => entry.Since.Sleeps < AsksForGil);
        var computing = holders.FindAll(entry => entry.Since.Nanoseconds > Computes);
        if (computing.Count > 0)
            holders = computing;
        else if (holders.Count == 0)
            holders = known;
        return [.. holders.Select(entry => entry.Thread.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <param name="Nanoseconds">On a processor.</param>
    /// <param name="Sleeps">How often it has left the processor by itself.</param>
    private readonly record struct Books(long Nanoseconds, long Sleeps)
    {
        private const string Switches = "\nvoluntary_ctxt_switches:";

        public static Books operator -(Books left, Books right) => new(left.Nanoseconds - right.Nanoseconds, left.Sleeps - right.Sleeps);

        /// <summary>All zero where the system keeps no such books.</summary>
        public static Books Of(nuint thread)
        {
            try
            {
                var status = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{thread}/status"));
                var count = status.AsSpan(status.IndexOf(Switches, StringComparison.Ordinal) + Switches.Length).TrimStart();
                return new Books(
                    ThreadTimes.Of(thread)?.Ran ?? 0,
                    long.Parse(count[..count.IndexOf('\n')], CultureInfo.InvariantCulture));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or ArgumentException)
            {
                return default;
            }
        }
    }
}
