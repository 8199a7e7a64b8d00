namespace SnakeHost.Gateway.Configuration;

/// <summary>Which names of environment variables an app may be given. Aspire's hold the names of resources, and those may have hyphens: <c>services__my-api__http__0</c>.</summary>
internal static class EnvironmentName
{
    // They steer the dynamic linker, the interpreter that all apps share, or the gateway itself.
    private static readonly string[] s_refused = ["LD_", "DYLD_", "PYTHON", "SNAKEHOST_"];

    /// <summary>Why not, as the end of a sentence; null when it may.</summary>
    public static string? Refusal(string name)
    {
        if (name.Length == 0 || char.IsAsciiDigit(name[0]) || !name.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-' or '.'))
        {
            return "a name has letters, digits, _, - and . and does not start with a digit";
        }

        var prefix = Array.Find(s_refused, prefix => name.StartsWith(prefix, StringComparison.Ordinal));
        return prefix is null ? null : $"names that start with {prefix} are not for apps to set";
    }
}
