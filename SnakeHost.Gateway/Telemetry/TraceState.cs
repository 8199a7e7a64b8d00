using System.Diagnostics;
using System.Globalization;

namespace SnakeHost.Gateway.Telemetry;

/// <summary>What OpenTelemetry keeps in a <c>tracestate</c>, in the entry <c>ot</c> ("TraceState: Probability Sampling").</summary>
internal static class TraceState
{
    private const string Entry = "ot=";
    private const string Threshold = "th:";
    private const string Randomness = "rv:";
    private const int Digits = 14;

    /// <summary>
    /// A recorded trace's, without a threshold that it has not reached: by that nobody could tell how many traces it stands for.
    /// </summary>
    /// <param name="state">The caller's.</param>
    /// <returns>Null for nothing left.</returns>
    public static string? Consistent(string? state, ActivityTraceId traceId)
    {
        if (state?.Contains(Threshold, StringComparison.Ordinal) != true)
            return state;
        var entries = state.Split(',', StringSplitOptions.TrimEntries);
        var own = Array.FindIndex(entries, static entry => entry.StartsWith(Entry, StringComparison.Ordinal));
        if (own < 0)
            return state;
        var fields = entries[own][Entry.Length..].Split(';');
        if (Find(fields, Threshold) is not { } threshold)
            return state;
        var random = Find(fields, Randomness) is { Length: Digits } told ? told : traceId.ToHexString()[^Digits..];
        if (Number(threshold) is { } least && Number(random) is { } reached && reached >= least)
            return state;
        entries[own] = Entry + string.Join(';', fields.Where(static field => !field.StartsWith(Threshold, StringComparison.Ordinal)));
        var left = string.Join(',', entries.Where(static entry => entry != Entry));
        return left.Length > 0 ? left : null;
    }

    private static string? Find(string[] fields, string name) => Array.Find(fields, field => field.StartsWith(name, StringComparison.Ordinal))?[name.Length..];

    /// <summary>Hexadecimal digits, behind which zeros are left out.</summary>
    private static ulong? Number(string digits) =>
        digits.Length is > 0 and <= Digits && ulong.TryParse(digits.PadRight(Digits, '0'), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) ? number : null;
}
