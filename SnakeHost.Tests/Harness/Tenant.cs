namespace SnakeHost.Tests.Harness;

/// <summary>A folder that the gateway serves at <c>{name}.localhost</c>.</summary>
internal sealed record Tenant(string Name, string Directory)
{
    public string Host => $"{Name}.localhost";

    /// <summary>The path of its <c>main.py</c>.</summary>
    public string Main() => Path.Combine(Directory, "main.py");

    public Uri Url(string pathAndQuery) => new($"http://{Host}{pathAndQuery}");

    /// <summary>Writes a file of the tenant, with the folders above it.</summary>
    public Tenant Write(string path, string content)
    {
        var file = Path.Combine(Directory, path);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        ChildProcess.WhileNoneStarts(() => File.WriteAllText(file, content));
        return this;
    }

    /// <summary>Copies a fixture app into the tenant.</summary>
    public Tenant Copy(string fixture)
    {
        foreach (var source in System.IO.Directory.EnumerateFiles(fixture, "*", SearchOption.AllDirectories))
        {
            var file = Path.Combine(Directory, Path.GetRelativePath(fixture, source));
            System.IO.Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            ChildProcess.WhileNoneStarts(() => File.Copy(source, file));
        }

        return this;
    }
}
