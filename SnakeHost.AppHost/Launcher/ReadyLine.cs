using System.Text.RegularExpressions;

namespace SnakeHost.AppHost;

/// <summary>The line with which the gateway says that it accepts requests.</summary>
internal static partial class ReadyLine
{
    /// <summary>The first address that is listened on, from <c>SnakeHost is listening on http://127.0.0.1:9080 (admin http://127.0.0.1:9081)</c>.</summary>
    public static Uri? Parse(string line) =>
        Pattern().Match(line) is { Success: true } match && Uri.TryCreate(match.Groups[1].Value, UriKind.Absolute, out var address) ? address : null;

    [GeneratedRegex(@"^SnakeHost is listening on (https?://\S+)")]
    private static partial Regex Pattern();
}
