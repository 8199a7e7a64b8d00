using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Tests.Routing;

public sealed class RequestResolverTests : IDisposable
{
    private const string ByLabel = """{ "Host": "*.localhost" }""";

    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void AFolderOfRoot_IsATenant()
    {
        var notes = _root.Folder("notes");
        var resolution = Requests.Resolver(_root.Path, ByLabel).Resolve(Requests.Get("notes.localhost:9080", "/x"), out var prefixLength);

        Assert.True(resolution.IsFound, resolution.Reason);
        Assert.Equal(0, prefixLength);
        Assert.Equal("*.localhost/", resolution.Route.ToString());
        var tenant = resolution.Specification;
        Assert.Equal(("auto", notes, InterfaceKind.Auto, 8, true), (tenant.App, tenant.WorkingDirectory, tenant.Interface, tenant.Threads, tenant.Autoreload));
        Assert.Null(tenant.Venv);
        Assert.Equal([Path.Join(notes, ".env")], tenant.EnvFiles);
        Assert.Equal(["bottle", "django", "sqlmodel"], tenant.PrivatePackages);
    }

    [Fact]
    public void EverythingTakesPlaceholders()
    {
        _root.Folder("blue/venvs/main");
        _root.File("blue/main.env");
        const string Route = """
            { "Host": "*", "Path": "/*", "App": "{http.request.cookie.module}:create_{http.request.method}()", "Interface": "asgi", "Lifespan": "on",
              "WorkingDirectory": "{http.request.uri.path.0}", "Venv": "{http.request.uri.path.0}/venvs/{http.request.header.branch}",
              "EnvFiles": ["{http.request.header.branch}.env"], "Env": { "URL": "{http.request.scheme}://{http.request.hostport}/?{{}}" }, "Autoreload": false, "Threads": 2 }
            """;
        var resolution = Requests.Resolver(_root.Path, Route).Resolve(Requests.Get("H:1", "/blue/x", "", ("branch", "main"), ("Cookie", "module=pkg.web")), out var prefixLength);

        Assert.True(resolution.IsFound, resolution.Reason);
        Assert.Equal("/blue".Length, prefixLength);
        var tenant = resolution.Specification;
        Assert.Equal(("pkg.web:create_GET()", InterfaceKind.Asgi, LifespanMode.On, false, 2), (tenant.App, tenant.Interface, tenant.Lifespan, tenant.Autoreload, tenant.Threads));
        Assert.Equal(Path.Join(_root.Path, "blue/venvs/main"), tenant.Venv);
        Assert.Equal([Path.Join(_root.Path, "blue/main.env")], tenant.EnvFiles);
        Assert.Equal("http://h:1/?{}", tenant.Env["URL"]);
    }

    [Fact]
    public void TwoSpellingsOfAHost_AreOneTenant()
    {
        _root.Folder("notes");
        var resolver = Requests.Resolver(_root.Path, ByLabel);
        var lower = resolver.Resolve(Requests.Get("notes.localhost"));
        Assert.Same(lower.Specification, resolver.Resolve(Requests.Get("NOTES.LocalHost.:80")).Specification);
        Assert.Equal(1, resolver.CacheCount);
    }

    [Fact]
    public void AFolderWithCapitals_IsFoundByItsHost_UnlessTwoDifferInCaseOnly()
    {
        var notes = _root.Folder("Notes");
        _root.Folder("Wiki");
        _root.Folder("WIKI");
        var exact = _root.Folder("both");
        _root.Folder("Both");
        var resolver = Requests.Resolver(_root.Path, ByLabel);
        Assert.Equal(notes, resolver.Resolve(Requests.Get("notes.localhost")).Specification?.WorkingDirectory);
        Assert.False(resolver.Resolve(Requests.Get("wiki.localhost")).IsFound);
        Assert.Equal(exact, resolver.Resolve(Requests.Get("BOTH.localhost")).Specification?.WorkingDirectory);
    }

    [Fact]
    public void APathSegment_HasItsCase()
    {
        _root.Folder("Notes");
        var resolver = Requests.Resolver(_root.Path, """{ "Path": "/*", "WorkingDirectory": "{http.request.uri.path.0}" }""");
        Assert.True(resolver.Resolve(Requests.Get("h", "/Notes")).IsFound);
        Assert.False(resolver.Resolve(Requests.Get("h", "/notes")).IsFound);
    }

    [Theory]
    [InlineData("bücher.localhost")]
    [InlineData("BÜCHER.localhost")]
    [InlineData("xn--bcher-kva.localhost")]
    public void AUnicodeFolder_IsFoundByEverySpellingOfItsHost(string host)
    {
        var books = _root.Folder("Bücher");
        Assert.Equal(books, Requests.Resolver(_root.Path, ByLabel).Resolve(Requests.Get(host)).Specification?.WorkingDirectory);
    }

    [Fact]
    public void AFixedFolder_MayLieOutsideRoot()
    {
        using var elsewhere = new TemporaryFolder();
        var resolver = Requests.Resolver(_root.Path, $$"""{ "App": "main:app", "WorkingDirectory": "{{elsewhere.Path}}" }""");
        Assert.Equal(elsewhere.Path, resolver.Resolve(Requests.Get("anything")).Specification?.WorkingDirectory);
        Assert.True(resolver.Resolve(Requests.Get("")).IsFound);
        Assert.True(resolver.Resolve(Requests.Get("[::1]:80")).IsFound);
    }

    [Fact]
    public void ALinkInsideRoot_IsKept_AndOneThatLeavesIt_IsNotFound()
    {
        using var elsewhere = new TemporaryFolder();
        _root.Folder("releases/v2");
        var current = _root.Link("current", "releases/v2");
        _root.Link("escape", elsewhere.Path);
        _root.Link("indirect", "escape");
        _root.Link("loop", "loop");
        var resolver = Requests.Resolver(_root.Path, ByLabel);
        Assert.Equal(current, resolver.Resolve(Requests.Get("current.localhost")).Specification?.WorkingDirectory);
        foreach (var name in new[] { "escape", "indirect", "loop" }) Assert.False(resolver.Resolve(Requests.Get($"{name}.localhost")).IsFound);
        Assert.Contains("outside SnakeHost:Root", resolver.Resolve(Requests.Get("escape.localhost")).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void ARootThatIsALinkItself_IsFine()
    {
        using var other = new TemporaryFolder();
        _root.Folder("notes");
        var link = other.Link("apps", _root.Path);
        Assert.Equal(Path.Join(link, "notes"), Requests.Resolver(link, ByLabel).Resolve(Requests.Get("notes.localhost")).Specification?.WorkingDirectory);
    }

    [Fact]
    public void AFolderMadeLater_IsFoundWhenItsFailureExpires_OrIsForgotten()
    {
        var time = new ManualTime();
        var resolver = Requests.Resolver(_root.Path, ByLabel, time);
        Assert.False(resolver.Resolve(Requests.Get("a.localhost")).IsFound);
        Assert.False(resolver.Resolve(Requests.Get("b.localhost")).IsFound);
        _root.Folder("a");
        _root.Folder("b");
        time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(resolver.Resolve(Requests.Get("a.localhost")).IsFound);
        time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.True(resolver.Resolve(Requests.Get("a.localhost")).IsFound);

        Assert.False(resolver.Resolve(Requests.Get("c.localhost")).IsFound);
        _root.Folder("c");
        resolver.Invalidate(Path.Join(_root.Path, "c"));
        Assert.True(resolver.Resolve(Requests.Get("c.localhost")).IsFound);
    }

    [Fact]
    public void ADeletedFolder_IsGoneOnceForgotten_AndOthersStay()
    {
        var (a, _) = (_root.Folder("a"), _root.Folder("ab"));
        var resolver = Requests.Resolver(_root.Path, ByLabel);
        Assert.True(resolver.Resolve(Requests.Get("a.localhost")).IsFound);
        var other = resolver.Resolve(Requests.Get("ab.localhost")).Specification;
        Directory.Delete(a);
        Assert.True(resolver.Resolve(Requests.Get("a.localhost")).IsFound);
        resolver.Invalidate(a);
        Assert.False(resolver.Resolve(Requests.Get("a.localhost")).IsFound);
        Assert.Same(other, resolver.Resolve(Requests.Get("ab.localhost")).Specification);
        resolver.Invalidate();
        Assert.NotSame(other, resolver.Resolve(Requests.Get("ab.localhost")).Specification);
    }

    [Fact]
    public void AMissingEnvironmentVariable_IsNotFound_AndNamed()
    {
        var resolution = Requests.Resolver(_root.Path, """{ "WorkingDirectory": "{env.SNAKE_TEST_NONE}/x" }""").Resolve(Requests.Get("h"));
        Assert.Equal("The environment variable of {env.SNAKE_TEST_NONE} is not set.", resolution.Reason);
    }

    [Fact]
    public void ValuesThatWouldReadTheSameWhenJoined_AreDifferentTenants()
    {
        var resolver = Requests.Resolver(_root.Path, """{ "WorkingDirectory": ".", "Env": { "A": "{http.request.header.a}", "B": "{http.request.header.b}" } }""");
        var first = resolver.Resolve(Requests.Get("h", "/", "", ("a", "1"), ("b", "12"))).Specification;
        var second = resolver.Resolve(Requests.Get("h", "/", "", ("a", "11"), ("b", "2"))).Specification;
        Assert.NotEqual(first, second);
        Assert.Equal(first, resolver.Resolve(Requests.Get("h", "/", "", ("a", "1"), ("b", "12"))).Specification);
        Assert.Equal(2, resolver.CacheCount);
    }

    [Fact]
    public void TwoRoutesWithTheSameValues_AreNotMixedUp()
    {
        var (a, b) = (_root.Folder("a/x"), _root.Folder("b/x"));
        var resolver = Requests.Resolver(_root.Path, """
            { "Path": "/a", "WorkingDirectory": "a/{http.request.uri.path.1}" }, { "Path": "/b", "WorkingDirectory": "b/{http.request.uri.path.1}" }
            """);
        Assert.Equal(a, resolver.Resolve(Requests.Get("h", "/a/x")).Specification?.WorkingDirectory);
        Assert.Equal(b, resolver.Resolve(Requests.Get("h", "/b/x")).Specification?.WorkingDirectory);
    }
}
