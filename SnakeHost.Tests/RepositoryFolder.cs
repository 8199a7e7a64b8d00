namespace SnakeHost.Tests;

/// <summary>The folder that holds the solution, for tests that read what stands in it.</summary>
public static class RepositoryFolder
{
    public static string Path { get; } = Find();

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(System.IO.Path.Join(directory.FullName, "SnakeHost.sln")))
                return directory.FullName;
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds SnakeHost.sln.");
    }
}
