using System.Globalization;

namespace SnakeHost.Gateway.Configuration;

/// <summary>Sizes as people write them: <c>4096</c>, <c>64KB</c>, <c>30MB</c>, <c>2GB</c>, each 1024 of the one before; <c>-1</c> for no limit.</summary>
internal static class ByteSize
{
    public const long Unlimited = -1;

    private static readonly (string Suffix, long Bytes)[] s_units = [("KB", 1L << 10), ("MB", 1L << 20), ("GB", 1L << 30), ("K", 1L << 10), ("M", 1L << 20), ("G", 1L << 30), ("B", 1)];

    public static bool TryParse(string text, out long bytes)
    {
        text = text.Trim();
        bytes = Unlimited;
        if (text == "-1") return true;
        var (suffix, factor) = Array.Find(s_units, unit => text.EndsWith(unit.Suffix, StringComparison.OrdinalIgnoreCase));
        if (!long.TryParse(text.AsSpan(0, text.Length - (suffix ?? "").Length).TrimEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
        if (factor == 0) factor = 1;
        if (number > long.MaxValue / factor) return false;
        bytes = number * factor;
        return true;
    }
}
