namespace SnakeHost.Gateway.Configuration;

/// <summary>Which hosts a route answers.</summary>
/// <param name="Kind">How <paramref name="Value"/> is compared.</param>
/// <param name="Value">The host; or the suffix with its leading dot; or nothing.</param>
internal sealed record HostPattern(HostPatternKind Kind, string Value)
{
    /// <exception cref="ConfigurationException">It is no pattern.</exception>
    public static HostPattern Parse(string key, string text)
    {
        if (text == "*") return new HostPattern(HostPatternKind.Any, "");
        var wildcard = text.StartsWith("*.", StringComparison.Ordinal);
        var name = wildcard ? text[2..] : text;
        if (name.Contains(':', StringComparison.Ordinal) && !name.StartsWith('[')) name = $"[{name}]";

        Span<char> buffer = stackalloc char[HostName.MaximumLength];
        var length = HostName.Normalize(name, buffer, out var port);
        if (length <= 0 || port >= 0)
        {
            throw new ConfigurationException(
                $"{key} is '{text}': it must be a host without a port, such as app.example.com, *.example.com, [::1] or *.");
        }

        var host = buffer[..length].ToString();
        return wildcard ? new HostPattern(HostPatternKind.Suffix, "." + host) : new HostPattern(HostPatternKind.Exact, host);
    }

    public override string ToString() => Kind == HostPatternKind.Exact ? Value : "*" + Value;
}
