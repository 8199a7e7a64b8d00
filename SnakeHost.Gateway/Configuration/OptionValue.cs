using System.Globalization;
using System.Reflection;

namespace SnakeHost.Gateway.Configuration;

/// <summary>Turns the text of one value into a property's type; what does not fit is a sentence.</summary>
internal static class OptionValue
{
    /// <param name="property">Its type, and its attributes for the range.</param>
    /// <param name="name">A configuration key, or a command line option.</param>
    /// <param name="text">As the user wrote it.</param>
    public static object Convert(PropertyInfo property, string name, string text)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type == typeof(string)) return text;
        if (type == typeof(int)) return WholeNumber(property.GetCustomAttribute<WholeNumberAttribute>()!, name, text);
        if (type == typeof(long)) return Size(property.GetCustomAttribute<SizeAttribute>()!, name, text);
        if (type == typeof(TimeSpan)) return Time(property.GetCustomAttribute<DurationAttribute>()!, name, text);
        if (type == typeof(bool))
        {
            return bool.TryParse(text, out var flag) ? flag : throw Bad(name, text, "true or false");
        }

        if (type.GetCustomAttribute<TrueMeansAttribute>() is { } meaning && bool.TryParse(text, out var isOn)) return isOn ? Enum.Parse(type, meaning.Name) : Enum.ToObject(type, 0);

        // Not Enum.TryParse alone: it takes numbers.
        var choice = Array.Find(Enum.GetNames(type), member => member.Equals(text.Trim(), StringComparison.OrdinalIgnoreCase));
        return choice is not null
            ? Enum.Parse(type, choice)
            : throw Bad(name, text, string.Join(" or ", Enum.GetNames(type).Select(member => member.ToLowerInvariant())));
    }

    private static int WholeNumber(WholeNumberAttribute range, string name, string text)
    {
        if (range.IsCores && text.Trim().Equals("cores", StringComparison.OrdinalIgnoreCase)) return Math.Min(Environment.ProcessorCount, range.Maximum);
        return int.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number)
            && number >= range.Minimum && number <= range.Maximum
                ? number
                : throw Bad(name, text, $"a whole number from {range.Minimum} to {range.Maximum}{(range.IsCores ? ", or cores" : "")}");
    }

    private static long Size(SizeAttribute range, string name, string text)
    {
        if (ByteSize.TryParse(text, out var size) && (size == ByteSize.Unlimited ? range.Infinite : size >= range.Minimum && size <= range.Maximum)) return size;
        var limits = (range.Minimum, range.Maximum) switch
        {
            (0, long.MaxValue) => "",
            (0, var most) => $" of at most {most}",
            var (least, most) => $" from {least} to {most}",
        };
        throw Bad(name, text, $"a size in bytes{limits} such as 65536, 64KB or 30MB{(range.Infinite ? ", or -1 for no limit" : "")}");
    }

    private static TimeSpan Time(DurationAttribute range, string name, string text)
    {
        if (Duration.TryParse(text, out var time)
            && (time == Timeout.InfiniteTimeSpan ? range.Infinite : time.TotalMilliseconds >= range.Minimum))
        {
            return time;
        }

        var least = range.Minimum > 0 ? $" of at least {range.Minimum}ms" : "";
        throw Bad(name, text, $"a duration{least} such as 500ms, 120s or 00:00:05{(range.Infinite ? ", or -1 for ever" : "")}");
    }

    private static ConfigurationException Bad(string name, string text, string expected) =>
        new($"{name} is '{text}': it must be {expected}.");
}
