using System.Globalization;

namespace SnakeHost.Gateway.Configuration;

/// <summary>Durations as people write them: <c>500ms</c>, <c>120s</c>, <c>2m</c>, <c>1h</c>, <c>1d</c>, <c>00:00:05</c>, seconds as <c>120</c>, <c>-1</c> for ever.</summary>
internal static class Duration
{
    // What timers accept: about 24 days; longer is written as -1.
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(int.MaxValue);

    private static readonly (string Suffix, double Milliseconds)[] s_units =
        [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

    /// <summary>Infinite is <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    public static bool TryParse(string text, out TimeSpan value)
    {
        text = text.Trim();
        if (text == "-1")
        {
            value = Timeout.InfiniteTimeSpan;
            return true;
        }

        value = default;
        if (text.Contains(':', StringComparison.Ordinal))
        {
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value) && InRange(value);
        }

        var (suffix, factor) = Array.Find(s_units, unit => text.EndsWith(unit.Suffix, StringComparison.OrdinalIgnoreCase));

        // A bare number is seconds: TimeSpan would read it as days, which nobody means.
        suffix ??= "";
        factor = factor == 0 ? 1000 : factor;
        if (!double.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || !(number * factor <= s_longest.TotalMilliseconds)) // so, NaN is refused too
        {
            return false;
        }

        value = TimeSpan.FromMilliseconds(number * factor);
        return true;
    }

    private static bool InRange(TimeSpan value) => value >= TimeSpan.Zero && value <= s_longest;
}
