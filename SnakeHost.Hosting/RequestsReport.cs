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
            text.Append(CultureInfo.InvariantCulture, $"### {request.Method} `{request.Path.Replace('`', '\'')}`, {request.AgeMs / 1000:0.0} s\n\n");
            text.Append(CultureInfo.InvariantCulture, $"{request.State}{(request.HasBegun ? ", the answer has begun" : "")}, generation {request.Generation}, process {request.Process}");
            text.Append(CultureInfo.InvariantCulture, $", {request.Received} bytes received, {request.Sent} sent{(request.TraceId is null ? "" : $", trace {request.TraceId}")}\n\n");
            foreach (var stack in request.Stacks)
                text.Append("~~~text\n").Append(stack).Append("\n~~~\n\n");
        }

        return text.ToString();
    }
}
