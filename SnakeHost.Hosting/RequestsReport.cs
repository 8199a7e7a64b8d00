using System.Globalization;
using System.Text;
using SnakeHost.Gateway.Apps;

namespace SnakeHost.Hosting;

/// <summary>Requests under way, as Markdown: what the dashboard shows of them.</summary>
internal static class RequestsReport
{
    public static string Write(string tenant, IReadOnlyList<RunningRequest> requests)
    {
        if (requests.Count == 0)
            return $"No request of {tenant} is under way.\n";
        var text = new StringBuilder();
        foreach (var request in requests)
        {
            text.Append(CultureInfo.InvariantCulture, $"### {Code($"{request.Method} {request.Path}")}, {request.AgeMs / 1000:0.0} s\n\n");
            text.Append(CultureInfo.InvariantCulture, $"{request.State}{(request.HasBegun ? ", the answer has begun" : "")}, generation {request.Generation}, process {request.Process}");
            text.Append(CultureInfo.InvariantCulture, $", {request.Received} bytes received, {request.Sent} sent{(request.TraceId is null ? "" : $", trace {request.TraceId}")}\n\n");
            foreach (var stack in request.Stacks)
            {
                var lines = stack.ToString();
                var fence = new string('~', Math.Max(3, LongestRun(lines, '~') + 1));
                text.Append(fence).Append("text\n").Append(lines).Append('\n').Append(fence).Append("\n\n");
            }
        }

        return text.ToString();
    }

    /// <summary>Text in which nothing means anything: between more backticks than it has in a row.</summary>
    private static string Code(string text)
    {
        var fence = new string('`', LongestRun(text, '`') + 1);
        return text.Contains('`') ? $"{fence} {text} {fence}" : $"{fence}{text}{fence}";
    }

    private static int LongestRun(string text, char of)
    {
        var (longest, run) = (0, 0);
        foreach (var c in text)
            longest = Math.Max(longest, run = c == of ? run + 1 : 0);
        return longest;
    }
}
