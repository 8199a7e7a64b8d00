using System.Globalization;

namespace SnakeHost.Tests.Harness;

/// <summary>What Linux tells of a process in <c>/proc</c>.</summary>
internal static class ProcFiles
{
    /// <summary>The first 15 characters of each thread's name.</summary>
    public static IReadOnlyList<string> ThreadNames(int process) =>
        [.. Directory.GetDirectories($"/proc/{process}/task").Select(static task => Read(Path.Join(task, "comm"))?.Trim()).OfType<string>()];

    public static int Descriptors(int process) => Directory.GetFileSystemEntries($"/proc/{process}/fd").Length;

    /// <summary>False for one that has ended and that nobody has waited for.</summary>
    public static bool Runs(int process) =>
        Read($"/proc/{process}/stat") is { } stat && stat[(stat.LastIndexOf(')') + 2)..][0] is not ('Z' or 'X');

    /// <summary>The ids in a text, such as <c>(12, [34, 56])</c>.</summary>
    public static IReadOnlyList<int> Ids(string text) =>
        [.. text.Split([' ', ',', '(', ')', '[', ']'], StringSplitOptions.RemoveEmptyEntries).Select(static id => int.Parse(id, CultureInfo.InvariantCulture))];

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
