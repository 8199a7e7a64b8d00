namespace SnakeHost.Tests.Images;

/// <summary>The Dockerfile at the root, as far as tests compare other files with it.</summary>
internal static class Dockerfile
{
    /// <summary>Its instructions, each in one line.</summary>
    public static string[] Lines { get; } = File.ReadAllText(Path.Join(RepositoryFolder.Path, "Dockerfile")).Replace("\\\n", "", StringComparison.Ordinal).Split('\n');

    /// <summary>What ENV sets in the image.</summary>
    public static IReadOnlyDictionary<string, string?> Environment { get; } = Lines.Where(line => line.StartsWith("ENV ", StringComparison.Ordinal))
        .SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1)).Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => (string?)pair[1]);
}
