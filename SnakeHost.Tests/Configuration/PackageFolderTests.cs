using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Tests.Configuration;

/// <summary>An app's own environment, as each load looks for it.</summary>
public sealed class PackageFolderTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData(".venv", "pyvenv.cfg")]
    [InlineData("venv", "pyvenv.cfg")]
    [InlineData(".venv", "conda-meta/history")]
    [InlineData("venv", "conda-meta/history")]
    public void AnEnvironmentInTheFolder_IsFound(string name, string mark)
    {
        _root.Folder("notes/.venv"); // Without a mark it is none.
        Assert.Null(PackageFolder.FindOf(Path.Join(_root.Path, "notes")));
        _root.File($"notes/{name}/{mark}");
        Assert.Equal(Path.Join(_root.Path, "notes", name), PackageFolder.FindOf(Path.Join(_root.Path, "notes")));
    }
}
