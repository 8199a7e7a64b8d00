using System.Text;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Routing;

/// <summary>
/// A text with placeholders, parsed once. <c>{{</c> and <c>}}</c> stand for braces. <c>{env.NAME}</c> and
/// <c>{env.NAME:default}</c> are the process's environment: fixed text, put in while parsing.
/// </summary>
internal sealed class PlaceholderTemplate
{
    private const string Env = "env.";

    private PlaceholderTemplate(string source, IReadOnlyList<TemplatePart> parts, string? missing)
    {
        Source = source;
        Parts = parts;
        Missing = missing;
        Placeholders = [.. parts.Select(part => part.Placeholder).OfType<Placeholder>().Distinct()];
    }

    public string Source { get; }

    public IReadOnlyList<TemplatePart> Parts { get; }

    /// <summary>Each once, in the order of their first use.</summary>
    public IReadOnlyList<Placeholder> Placeholders { get; }

    /// <summary>The environment variable that is not set, so that the template never has a value; else null.</summary>
    public string? Missing { get; }

    /// <summary>Every request gets the same text.</summary>
    public bool IsFixed => Placeholders.Count == 0;

    /// <summary>The text before the first placeholder.</summary>
    public string Prefix => Parts is [{ Placeholder: null } first, ..] ? first.Text : "";

    /// <param name="key">The configuration key, for messages.</param>
    /// <param name="text">As configured.</param>
    /// <exception cref="ConfigurationException">A brace without its partner, or an unknown placeholder.</exception>
    public static PlaceholderTemplate Parse(string key, string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new ConfigurationException($"{key} is '{text.Replace("\0", "\\0", StringComparison.Ordinal)}': it holds a NUL character.");
        }

        var parts = new List<TemplatePart>();
        var literal = new StringBuilder();
        string? missing = null;
        for (var index = 0; index < text.Length; index++)
        {
            var character = text[index];
            if (character is '{' or '}' && index + 1 < text.Length && text[index + 1] == character)
            {
                literal.Append(character);
                index++;
            }
            else if (character == '}')
            {
                throw new ConfigurationException($"{key} is '{text}': a }} closes nothing; a brace that is meant is written }}}}.");
            }
            else if (character == '{')
            {
                var end = text.IndexOfAny(['{', '}'], index + 1);
                if (end < 0 || text[end] == '{')
                {
                    throw new ConfigurationException($"{key} is '{text}': a {{ is never closed; a brace that is meant is written {{{{.");
                }

                var name = text[(index + 1)..end];
                index = end;
                if (name.StartsWith(Env, StringComparison.Ordinal) && name.Length > Env.Length)
                {
                    if (EnvironmentValue(name[Env.Length..]) is { Length: > 0 } value) literal.Append(value);
                    else missing ??= name;
                    continue;
                }

                if (!Placeholder.TryParse(name, out var placeholder)) throw Unknown(key, text, name);
                if (literal.Length > 0) parts.Add(new TemplatePart(literal.ToString(), null));
                literal.Clear();
                parts.Add(new TemplatePart("", placeholder));
            }
            else
            {
                literal.Append(character);
            }
        }

        if (literal.Length > 0) parts.Add(new TemplatePart(literal.ToString(), null));
        return new PlaceholderTemplate(text, parts, missing);
    }

    /// <summary>The text for the values of a request's placeholders.</summary>
    public string Format(Func<Placeholder, string> value) =>
        string.Concat(Parts.Select(part => part.Placeholder is { } placeholder ? value(placeholder) : part.Text));

    public override string ToString() => Source;

    private static string? EnvironmentValue(string name)
    {
        var colon = name.IndexOf(':', StringComparison.Ordinal);
        return Environment.GetEnvironmentVariable(colon < 0 ? name : name[..colon]) is { Length: > 0 } value
            ? value
            : colon < 0 ? null : name[(colon + 1)..];
    }

    private static ConfigurationException Unknown(string key, string text, string name)
    {
        var near = Suggestion.For(name, Placeholder.Names);
        return new ConfigurationException($"{key} is '{text}': there is no placeholder {{{name}}}; "
            + (near is null ? $"a brace that is meant is written {{{{." : $"did you mean {{{near}}}?"));
    }
}
