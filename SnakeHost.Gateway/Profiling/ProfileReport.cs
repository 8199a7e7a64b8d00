using System.Globalization;
using System.Text.Json;
using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Profiling;

/// <summary>A profile, with what is to be said of it.</summary>
/// <param name="Title">What was profiled, and how.</param>
/// <param name="Facts">How it was measured.</param>
/// <param name="Imports">For the waterfall below the graph; none for other profiles.</param>
internal sealed record ProfileReport(string Title, IReadOnlyList<string> Facts, ProfileData Data, IReadOnlyList<ImportedModule> Imports)
{
    /// <summary>Of an app's time.</summary>
    public static ProfileReport Of(string tenant, ProfileData data) => new(
        $"{tenant}: {(data.Mode == ProfileOrder.Cpu ? "processor" : "wall")} time",
        [
            string.Create(CultureInfo.InvariantCulture, $"{data.Seconds:0.0} s, {data.Samples} samples: {data.Samples / Math.Max(data.Seconds, 0.001):0} a second"),
            string.Create(CultureInfo.InvariantCulture, $"{data.Total / 1e6:0.00} s of {(data.Mode == ProfileOrder.Cpu ? "processor" : "wall")} time in {data.Threads.Count} thread{(data.Threads.Count == 1 ? "" : "s")}"),
            "each sample stands for the time since the one before it",
        ],
        data,
        []);

    /// <summary>Of what a load has imported: a stack of modules.</summary>
    public static ProfileReport OfImports(string tenant, IReadOnlyList<ImportedModule> modules)
    {
        var frames = modules.Select(static module => new ProfileFrame($"{module.Name}{(module.IsLazy ? " (lazily)" : "")}", "", 0)).ToList();
        // Self includes what was too short to be named.
        var nodes = Enumerable.Range(0, modules.Count).ToList();
        var data = new ProfileData(
            "import", modules.Where(static module => module.Parent < 0).Sum(static module => module.DurationMs) / 1000, modules.Count, frames, [.. modules.Select(static module => module.Parent)], nodes,
            [new ProfileThread("import", nodes, [.. OwnTimes(modules)])]);
        return new(
            $"{tenant}: imports of the last load",
            [string.Create(CultureInfo.InvariantCulture, $"{data.Seconds * 1000:0.0} ms in {modules.Count} module{(modules.Count == 1 ? "" : "s")} of 0.1 ms and more")],
            data,
            modules);
    }

    /// <summary>Its text, in parts.</summary>
    public (IEnumerable<string> Text, string ContentType, string Extension) Render(ProfileFormat format) => format switch
    {
        ProfileFormat.Speedscope => ([Speedscope.Render(this)], "application/json", "speedscope.json"),
        ProfileFormat.Collapsed => (Collapsed.Render(Data), "text/plain; charset=utf-8", "collapsed.txt"),
        ProfileFormat.Json => ([JsonSerializer.Serialize(Data, ProfilingJsonContext.Default.ProfileData)], "application/json", "json"),
        _ => ([FlameGraph.Render(this)], "text/html; charset=utf-8", "html"),
    };

    /// <summary>In µs: of each module less those that are listed below it, so that nothing is lost of a module whose children are too short to be listed.</summary>
    private static long[] OwnTimes(IReadOnlyList<ImportedModule> modules)
    {
        var own = modules.Select(static module => module.DurationMs).ToArray();
        for (var i = 0; i < modules.Count; i++)
        {
            if (modules[i].Parent >= 0)
                own[modules[i].Parent] -= modules[i].DurationMs;
        }

        return [.. own.Select(static ms => (long)Math.Max(0, ms * 1000))];
    }
}
