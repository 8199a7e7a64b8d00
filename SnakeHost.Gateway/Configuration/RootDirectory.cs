namespace SnakeHost.Gateway.Configuration;

/// <summary>Where the folder of apps is.</summary>
internal static class RootDirectory
{
    public const string DefaultName = "apps";

    /// <summary>The configured folder, else the nearest <c>apps</c> in or above the current or the program's directory, else empty.</summary>
    public static string Find(SnakeHostOptions options, string currentDirectory, string programDirectory)
    {
        if (options.Root.Length == 0) return Nearest(currentDirectory) ?? Nearest(programDirectory) ?? "";
        if (options.Root.Contains('\0', StringComparison.Ordinal))
        {
            throw new ConfigurationException($"SnakeHost:Root is '{options.Root.Replace("\0", "\\0", StringComparison.Ordinal)}': it holds a NUL character.");
        }

        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.Root, options.BaseDirectory));
        return Directory.Exists(root)
            ? root
            : throw new ConfigurationException($"SnakeHost:Root is '{options.Root}': there is no folder {root}.");
    }

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
