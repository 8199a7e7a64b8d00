using System.Reflection;

namespace SnakeHost.Tests.Harness;

/// <summary>
/// Where the built gateway is: where <c>SNAKEHOST_TESTS_GATEWAY</c> says, a folder that one was published to; else beside the tests, where the project reference
/// copies it; else in its own output folder.
/// </summary>
internal static class GatewayLocation
{
    private const string FileName = "SnakeHost.Gateway.dll";

    public static string Assembly { get; } = Find();

    /// <summary>The script that starts it in the interpreter that runs it.</summary>
    public static string Script { get; } = Path.Join(Path.GetDirectoryName(Assembly), "gateway.py");

    private static string Find()
    {
        var candidates = Assemblies().ToList();
        return candidates.FirstOrDefault(IsComplete)
            ?? throw new FileNotFoundException($"No runnable {FileName} (with its runtimeconfig and its Python files) among: {string.Join(", ", candidates)}");
    }

    private static IEnumerable<string> Assemblies()
    {
        if (Environment.GetEnvironmentVariable("SNAKEHOST_TESTS_GATEWAY") is { Length: > 0 } published)
        {
            yield return Path.Combine(Path.GetFullPath(published), FileName);
            yield break; // another one than the one asked for would pass for it
        }

        yield return Path.Combine(AppContext.BaseDirectory, FileName);
        foreach (var metadata in typeof(GatewayLocation).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>())
        {
            if (metadata is { Key: "GatewayDirectory", Value: { } directory })
                yield return Path.Combine(Path.GetFullPath(directory), FileName);
        }
    }

    private static bool IsComplete(string assembly)
    {
        var folder = Path.GetDirectoryName(assembly)!;
        return File.Exists(assembly)
            && File.Exists(Path.ChangeExtension(assembly, ".runtimeconfig.json"))
            && File.Exists(Path.ChangeExtension(assembly, ".deps.json"))
            && Directory.Exists(Path.Combine(folder, "snakehost"))
            && Directory.EnumerateFiles(Path.Combine(folder, "snakehost"), "*.py", SearchOption.AllDirectories).Any();
    }
}
