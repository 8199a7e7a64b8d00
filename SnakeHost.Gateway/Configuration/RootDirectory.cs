namespace SnakeHost.Gateway.Configuration;

/// <summary>Where the folder of apps is.</summary>
internal static class RootDirectory
{
    public const string DefaultName = "apps";

    /// <summary>In the folder of an installed tool, which lies in somebody's home.</summary>
    public const string ToolMark = "DotnetToolSettings.xml";

    /// <summary>
    /// The configured folder, else the nearest <c>apps</c> in or above the current directory, else the current directory if it is a folder of apps, else the nearest <c>apps</c> in
    /// or above the program's directory, unless that is a tool's; else empty.
    /// </summary>
    public static string Find(SnakeHostOptions options, string currentDirectory, string programDirectory)
    {
        if (options.Root.Length == 0)
        {
            return Nearest(currentDirectory)
                ?? (HoldsApps(currentDirectory) ? Path.TrimEndingDirectorySeparator(currentDirectory) : null)
                ?? (File.Exists(Path.Join(programDirectory, ToolMark)) ? null : Nearest(programDirectory))
                ?? "";
        }

        if (options.Root.Contains('\0', StringComparison.Ordinal))
        {
            throw new ConfigurationException($"SnakeHost:Root is '{options.Root.Replace("\0", "\\0", StringComparison.Ordinal)}': it holds a NUL character.");
        }

        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.Root, options.BaseDirectory));
        return Directory.Exists(root)
            ? root
            : throw new ConfigurationException($"SnakeHost:Root is '{options.Root}': there is no folder {root}.");
    }

    /// <summary>Python files in its folders and none beside them, which would make it an app.</summary>
    private static bool HoldsApps(string directory)
    {
        try
        {
            return !HoldsPython(directory) && Directory.EnumerateDirectories(directory).Any(folder => Path.GetFileName(folder)[0] != '.' && HoldsPython(folder));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool HoldsPython(string directory) => Directory.EnumerateFiles(directory, "*.py").Any();

    private static string? Nearest(string start)
    {
        for (var directory = new DirectoryInfo(start); directory is not null; directory = directory.Parent)
        {
            var candidate = Path.Join(directory.FullName, DefaultName);
            if (Directory.Exists(candidate)) return candidate;
        }

        return null;
    }
}
