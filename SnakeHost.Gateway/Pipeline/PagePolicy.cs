using Microsoft.Extensions.Primitives;

namespace SnakeHost.Gateway.Pipeline;

/// <summary>Lets one more address into a page's Content-Security-Policy (W3C CSP 3), for its script and for what that connects to, and nothing else.</summary>
internal static class PagePolicy
{
    private const string Default = "default-src";

    /// <summary>Where each of the two looks, the most specific directive first; only the first that is there counts (CSP 3, section 6.8.3).</summary>
    private static readonly string[][] s_lists = [["script-src-elem", "script-src", Default], ["connect-src", Default]];

    /// <param name="policies">The header's values, each with one policy or several, all of which must allow it.</param>
    /// <param name="source">An address, to its last slash.</param>
    /// <param name="nonce">A nonce of the policy, which the script's tag needs where addresses do not count (<c>'strict-dynamic'</c>); else null.</param>
    public static StringValues Allow(StringValues policies, string source, out string? nonce)
    {
        nonce = null;
        var allowed = new string[policies.Count];
        for (var index = 0; index < policies.Count; index++)
        {
            var each = (policies[index] ?? "").Split(',');
            for (var number = 0; number < each.Length; number++)
                each[number] = Allow(each[number], source, ref nonce);
            allowed[index] = string.Join(',', each);
        }

        return allowed;
    }

    private static string Allow(string policy, string source, ref string? nonce)
    {
        var directives = policy.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToList();
        foreach (var list in s_lists)
        {
            if (list.FirstOrDefault(name => Find(directives, name) >= 0) is not { } effective)
                continue;
            var index = Find(directives, effective);
            var sources = directives[index].Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Where(static other => !other.Equals("'none'", StringComparison.OrdinalIgnoreCase)).ToList();
            if (ReferenceEquals(list, s_lists[0]))
                nonce ??= sources.FirstOrDefault(static other => other.StartsWith("'nonce-", StringComparison.OrdinalIgnoreCase))?[7..^1];
            var directive = string.Join(' ', [effective == Default ? list[^2] : effective, .. sources, source]);
            // What everything else falls back on stays as it is.
            if (effective == Default)
                directives.Add(directive);
            else
                directives[index] = directive;
        }

        return string.Join("; ", directives);
    }

    private static int Find(List<string> directives, string name) =>
        directives.FindIndex(directive => directive.Equals(name, StringComparison.OrdinalIgnoreCase) || directive.StartsWith(name + ' ', StringComparison.OrdinalIgnoreCase));
}
