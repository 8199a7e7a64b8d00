namespace SnakeHost.Hosting;

/// <summary>Virtual environments are known by what is in them, as they may have any name.</summary>
internal static class VirtualEnvironments
{
    private static readonly EnumerationOptions s_folders = new() { IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };

    /// <summary>Those in and below a folder, relative to it.</summary>
    public static IReadOnlyList<string> In(string directory)
    {
        var found = new List<string>();
        var open = new Stack<string>([directory]);
        while (open.TryPop(out var next))
        {
            foreach (var folder in Directory.EnumerateDirectories(next, "*", s_folders))
            {
                if (File.Exists(Path.Join(folder, "pyvenv.cfg")))
                    found.Add(Path.GetRelativePath(directory, folder).Replace('\\', '/'));
                else
                    open.Push(folder);
            }
        }

        found.Sort(StringComparer.Ordinal);
        return found;
    }
}
