namespace SnakeHost.Tests;

/// <summary>A folder that is gone after the test. Its path has no symlinks in it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Gateway.Configuration.RealPath.Resolve(Directory.CreateTempSubdirectory("snakehost-").FullName)!;

    public string Folder(string name) => Directory.CreateDirectory(System.IO.Path.Join(Path, name)).FullName;

    public string File(string name, string text = "")
    {
        var path = System.IO.Path.Join(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    public string Link(string name, string target)
    {
        var path = System.IO.Path.Join(Path, name);
        Directory.CreateSymbolicLink(path, target);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
