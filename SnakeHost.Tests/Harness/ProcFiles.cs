using System.Globalization;

namespace SnakeHost.Tests.Harness;

/// <summary>What Linux tells of a process in <c>/proc</c>.</summary>
internal static class ProcFiles
{
    /// <summary>The first 15 characters of each thread's name.</summary>
    public static IReadOnlyList<string> ThreadNames(int process) =>
        [.. Directory.GetDirectories($"/proc/{process}/task").Select(static task => Read(Path.Join(task, "comm"))?.Trim()).OfType<string>()];

    /// <summary>How often threads whose name, of 15 characters at most, is this one have gone to sleep.</summary>
    public static int Sleeps(int process, string thread) =>
        Directory.GetDirectories($"/proc/{process}/task").Where(task => Read(Path.Join(task, "comm"))?.Trim() == thread).Sum(static task => Number(Read(Path.Join(task, "status")), "voluntary_ctxt_switches:"));

    /// <summary>On which processors a process's main thread, or a thread, may run: <c>0-1,4</c>.</summary>
    /// <param name="folder">In <c>/proc</c>; empty is the answer for one that is gone.</param>
    public static string Processors(string folder) =>
        Read(Path.Join(folder, "status"))?.Split('\n').FirstOrDefault(static line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal))?["Cpus_allowed_list:".Length..].Trim() ?? "";

    /// <summary>That of the first thread whose name, of 15 characters at most, is this one.</summary>
    public static string Processors(int process, string thread) => Processors(Directory.GetDirectories($"/proc/{process}/task").First(task => Read(Path.Join(task, "comm"))?.Trim() == thread));

    public static int Descriptors(int process) => Directory.GetFileSystemEntries($"/proc/{process}/fd").Length;

    /// <summary>False for one that has ended and that nobody has waited for.</summary>
    public static bool Runs(int process) =>
        Fields(process) is [not ("Z" or "X"), ..];

    /// <summary>Its process group.</summary>
    public static int Group(int process) => int.Parse(Fields(process)[2], CultureInfo.InvariantCulture);

    /// <summary>Whether a signal has no effect on it.</summary>
    public static bool Ignores(int process, int signal) =>
        Read($"/proc/{process}/status")!.Split('\n').Single(static line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) is var line
        && (ulong.Parse(line.AsSpan(7).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> (signal - 1) & 1) == 1;

    /// <summary>Its children, theirs, and so on.</summary>
    public static IReadOnlyList<int> Descendants(int process)
    {
        var parents = Directory.GetDirectories("/proc").Select(static folder => int.TryParse(Path.GetFileName(folder), out var id) ? id : 0).Where(static id => id > 0)
            .Select(static id => (Id: id, Fields: Fields(id))).Where(static found => found.Fields.Length > 0)
            .ToLookup(static found => int.Parse(found.Fields[1], CultureInfo.InvariantCulture), static found => found.Id);
        var all = new List<int> { process };
        for (var next = 0; next < all.Count; next++)
            all.AddRange(parents[all[next]]);
        return all[1..];
    }

    /// <summary>Empty for one that has ended.</summary>
    public static string CommandLine(int process) => Read($"/proc/{process}/cmdline")?.Replace('\0', ' ') ?? "";

    /// <summary>The ids in a text, such as <c>(12, [34, 56])</c>.</summary>
    public static IReadOnlyList<int> Ids(string text) =>
        [.. text.Split([' ', ',', '(', ')', '[', ']'], StringSplitOptions.RemoveEmptyEntries).Select(static id => int.Parse(id, CultureInfo.InvariantCulture))];

    /// <summary>Of its <c>stat</c>, from the state on; none when it is gone.</summary>
    private static string[] Fields(int process) => Read($"/proc/{process}/stat") is { } stat ? stat[(stat.LastIndexOf(')') + 2)..].Split(' ') : [];

    private static int Number(string? status, string name) =>
        status?.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line ? int.Parse(line.AsSpan(name.Length).Trim(), CultureInfo.InvariantCulture) : 0;

    private static string? Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return null; // it has ended meanwhile
        }
    }
}
