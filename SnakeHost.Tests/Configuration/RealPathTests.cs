using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Tests.Configuration;

public sealed class RealPathTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void LinksAreFollowedInEveryComponent()
    {
        var real = _folder.Folder("real/inner");
        var first = _folder.Link("first", "real");
        var second = _folder.Link("second", first);
        Assert.Equal(real, RealPath.Resolve(Path.Join(second, "inner")));
        Assert.Equal(Path.Join(real, "missing"), RealPath.Resolve(Path.Join(second, "inner", "missing")));
    }

    [Fact]
    public void ACycle_IsNoPath()
    {
        var a = _folder.Link("a", Path.Join(_folder.Path, "b"));
        _folder.Link("b", a);
        Assert.Null(RealPath.Resolve(a));
    }

    [Theory]
    [InlineData("/a/b", "/a/b", true)]
    [InlineData("/a/b/c", "/a/b", true)]
    [InlineData("/a/b/c", "/a/b/", true)]
    [InlineData("/a/bc", "/a/b", false)]
    [InlineData("/a", "/a/b", false)]
    [InlineData("/a", "/", true)]
    public void BelowIsByComponents(string path, string directory, bool within) => Assert.Equal(within, RealPath.IsWithin(path, directory));
}
