using System.Net;
using System.Text.Json;

namespace SnakeHost.Gateway.Profiling;

/// <summary>A flame graph as a page that asks nobody for anything.</summary>
internal static class FlameGraph
{
    /// <summary>The page's script and style are its own, and nothing is loaded or sent, whatever a function is called.</summary>
    public const string Policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

    private static readonly string s_page = Read();

    public static string Render(ProfileReport report)
    {
        var data = report.Data;
        var own = new long[data.Callers.Count];
        foreach (var thread in data.Threads)
        {
            for (var i = 0; i < thread.Nodes.Count; i++)
                own[thread.Nodes[i]] += thread.Weights[i];
        }

        // Neither < nor > nor & is in this JSON: they are escaped.
        var json = JsonSerializer.Serialize(
            new FlameGraphData(report.Title, report.Facts, data.Frames, data.Callers, data.Functions, own, report.Imports), ProfilingJsonContext.Default.FlameGraphData);
        return s_page.Replace("{{title}}", WebUtility.HtmlEncode(report.Title).Replace("{", "&#123;", StringComparison.Ordinal), StringComparison.Ordinal).Replace("{{data}}", json, StringComparison.Ordinal);
    }

    private static string Read()
    {
        using var stream = typeof(FlameGraph).Assembly.GetManifestResourceStream("SnakeHost.Gateway.Profiling.FlameGraph.html")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
