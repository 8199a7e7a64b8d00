using SnakeHost.Gateway.Commands;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Commands;

/// <summary>The apps that <c>snakehost new</c> makes.</summary>
public sealed class NewAppTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    /// <summary>Those whose framework is there for that Python; wsgi and asgi need none.</summary>
    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task ANewApp_Answers(string python)
    {
        var kinds = new[] { "wsgi", "asgi" }.Concat(new[] { "flask", "fastapi", "django" }.Where(module => InstalledPythons.CanImport(python, module))).ToList();
        foreach (var kind in kinds)
            Assert.Equal(0, Make(kind, $"apps/{kind}-app"));
        await using var gateway = await GatewayProcess.StartAsync(new GatewaySettings { Python = python, Root = Path.Join(_folder.Path, "apps") });
        foreach (var kind in kinds)
            Assert.Contains("world", await gateway.Client.GetStringAsync(new Uri($"http://{kind}-app.localhost/"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("flask", "flask", "main.py", "requirements.txt")]
    [InlineData("fastapi", "fastapi", "main.py", "requirements.txt")]
    [InlineData("django", "django", "config/__init__.py", "config/settings.py", "config/urls.py", "config/views.py", "config/wsgi.py", "manage.py", "requirements.txt")]
    [InlineData("wsgi", "# The packages", "main.py", "requirements.txt")]
    [InlineData("asgi", "# The packages", "main.py", "requirements.txt")]
    public void EachKind_HasItsFiles_AndWhatItNeeds(string kind, string requirements, params string[] files)
    {
        Assert.Equal(0, Make(kind, "hello"));
        Assert.Equal(files, Directory.EnumerateFiles(Path.Join(_folder.Path, "hello"), "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Path.Join(_folder.Path, "hello"), file)).Order(StringComparer.Ordinal));
        Assert.StartsWith(requirements, File.ReadAllText(Path.Join(_folder.Path, "hello", "requirements.txt")), StringComparison.Ordinal);
        Assert.Contains("Serve it:      snakehost --root .", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ASecret_IsItsOwn()
    {
        Make("django", "a");
        Make("django", "b");
        Assert.NotEqual(File.ReadAllText(Path.Join(_folder.Path, "a/config/settings.py")), File.ReadAllText(Path.Join(_folder.Path, "b/config/settings.py")));
    }

    [Fact]
    public void AFolderThatIsThere_StaysAsItIs()
    {
        var file = _folder.File("hello/main.py", "mine");
        Assert.Equal(1, Make("flask", "hello"));
        Assert.Equal("mine", File.ReadAllText(file));
        Assert.Equal($"{_folder.Path}/hello is there already, and not empty: give the app another name.", _error.ToString().Trim());
    }

    [Theory]
    [InlineData("9lives")]
    [InlineData("a b")]
    [InlineData("a-")]
    public void ANameThatIsNoHost_IsRefused(string name)
    {
        Assert.Equal(2, Make("flask", name));
        Assert.StartsWith($"'{name}' is no name for an app", _error.ToString(), StringComparison.Ordinal);
    }

    private int Make(string kind, string folder) => NewApp.Make(kind, folder, _folder.Path, _output, _error);
}
