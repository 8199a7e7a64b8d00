using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Watching;

/// <summary>Finds, among the files that a generation has read, those that the watch on its tree does not see: a link leads elsewhere, or nothing names them.</summary>
internal static class LoadedElsewhere
{
    public static List<SourceFile> Of(WatchTarget target, IReadOnlyList<SourceFile> files)
    {
        if (target.Filter is not { } filter || RealPath.Resolve(target.Directory) is not { } root)
            return [];

        // Null: in a folder that is not looked into. Modules share folders, and finding out costs a dozen system calls.
        var folders = new Dictionary<string, string?>(StringComparer.Ordinal);
        return [.. files.Where(file => !target.Files.Contains(file.Path) && !IsSeen(file.Path))];

        bool IsSeen(string path)
        {
            var folder = Path.GetDirectoryName(path)!;
            if (!folders.TryGetValue(folder, out var relative))
                folders[folder] = relative = Relative(folder);
            var name = Path.GetFileName(path);
            if (relative is null)
                return false;
            var inside = relative.Length == 0 ? name : $"{relative}/{name}";
            return filter.IsExcluded(inside) || (filter.Counts(inside) && new FileInfo(path).LinkTarget is null);
        }

        string? Relative(string folder)
        {
            if (RealPath.Resolve(folder) is not { } real || !RealPath.IsWithin(real, root))
                return null;
            if (real.Length == root.Length)
                return "";
            var parts = Path.GetRelativePath(root, real).Split(Path.DirectorySeparatorChar);
            var relative = string.Join('/', parts);
            return filter.IsExcluded(relative) || Enumerable.Range(1, parts.Length).All(count => filter.Enters(string.Join('/', parts[..count]))) ? relative : null;
        }
    }
}
