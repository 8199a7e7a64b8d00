using SnakeHost.Gateway.Packages;

namespace SnakeHost.Tests.Configuration;

/// <summary>Where a folder says which packages its app needs.</summary>
public sealed class AppPackagesTests : IDisposable
{
    private readonly TemporaryFolder _app = new();

    public void Dispose() => _app.Dispose();

    [Theory]
    [InlineData("[project]\ndependencies = [\n  # all\n\n  'kit',\n]\n", true)]
    [InlineData("[project]\n  dependencies=[\"kit\"]\n", true)]
    [InlineData("[project]\ndependencies = [  # 'none'\n]\n", false)]
    [InlineData("[tool.ruff]\ndependencies = ['kit']\n", false)]
    public void AProject_NamesItsDependencies(string project, bool expected)
    {
        _app.File("pyproject.toml", project);
        Assert.Equal(expected ? "pyproject.toml" : null, AppPackages.FindSource(_app.Path));
    }

    [Fact]
    public async Task AProjectOfAnyText_IsReadAtOnce()
    {
        _app.File("pyproject.toml", $"[project]\ndependencies = [\n{new string('#', 200)}\n]\n{new string('\n', 50_000)}");
        // A wrong pattern keeps a processor for ever.
        Assert.Null(await Task.Run(() => AppPackages.FindSource(_app.Path), TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken));
    }
}
