using System.Text.Json;
using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Profiling;

/// <summary>A profile for speedscope: one of its profiles for each thread, in the order of time.</summary>
internal static class Speedscope
{
    public static string Render(ProfileReport report)
    {
        var data = report.Data;
        var stacks = new int[]?[data.Callers.Count];
        var file = new SpeedscopeFile(
            "https://www.speedscope.app/file-format-schema.json",
            report.Title,
            "SnakeHost",
            0,
            new([.. data.Frames.Select(static frame => new SpeedscopeFile.Frame(frame.Function, frame.File.Length > 0 ? frame.File : null, frame.Line > 0 ? frame.Line : null))]),
            [.. data.Threads.Select(thread => new SpeedscopeFile.Profile(
                "sampled", thread.Name, "microseconds", 0, thread.Weights.Sum(), [.. thread.Nodes.Select(node => stacks[node] ??= data.StackOf(node))], thread.Weights))]);
        return JsonSerializer.Serialize(file, ProfilingJsonContext.Default.SpeedscopeFile);
    }
}
