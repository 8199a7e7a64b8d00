namespace SnakeHost.Tests.Harness;

/// <summary>The Python apps that stand beside the tests that use them.</summary>
internal static class Fixtures
{
    /// <summary>The folder of a fixture, e.g. <c>Find("Frameworks", "flask")</c>.</summary>
    public static string Find(string folder, string name)
    {
        var path = Path.Combine(AppContext.BaseDirectory, folder, "fixtures", name);
        return Directory.Exists(path) ? path : throw new DirectoryNotFoundException($"No fixture {name} in {folder}: {path}");
    }
}
