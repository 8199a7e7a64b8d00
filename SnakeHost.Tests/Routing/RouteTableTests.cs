using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Routing;
using SnakeHost.Tests.Conformance;

namespace SnakeHost.Tests.Routing;

public sealed class RouteTableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("app.example.com", "/", "app.example.com/", 0)]
    [InlineData("other.example.com", "/", "*.example.com/", 0)]
    [InlineData("a.deep.example.com", "/", "*.deep.example.com/", 0)]
    [InlineData("b.a.deep.example.com", "/", "*.deep.example.com/", 0)]
    [InlineData("example.com", "/", "*/", 0)]
    [InlineData("notexample.com", "/", "*/", 0)]
    [InlineData("", "/", "*/", 0)]
    [InlineData("::1", "/", "::1/", 0)]
    [InlineData("xn--bcher-kva.example", "/", "xn--bcher-kva.example/", 0)]
    [InlineData("h", "/app1", "*/app1", 5)]
    [InlineData("h", "/app1/", "*/app1", 5)]
    [InlineData("h", "/app1/x", "*/app1", 5)]
    [InlineData("h", "/app10", "*/", 0)]
    [InlineData("h", "/App1", "*/", 0)]
    [InlineData("h", "/app1/v2/x", "*/app1/v2", 8)]
    [InlineData("h", "/apps/blue/x", "*/apps/*", 10)]
    [InlineData("h", "/apps/blue", "*/apps/*", 10)]
    [InlineData("h", "/apps/red/x", "*/apps/red", 9)]
    [InlineData("h", "/apps/", "*/", 0)]
    [InlineData("h", "//app1", "*/", 0)]
    [InlineData("h", "", "*/", 0)]
    [InlineData("app.example.com", "/app1/x", "app.example.com/", 0)]
    [InlineData("only.example.org", "/api/x", "only.example.org/api", 4)]
    [InlineData("only.example.org", "/x", "*/", 0)]
    [Conforms(Standard.Gateway, "Routing", "the most specific route wins: by host, then by path of whole segments")]
    public void TheMostSpecificRouteWins_HostBeforePath(string host, string path, string route, int prefixLength)
    {
        string[] routes = ["*/", "*/app1", "*/app1/v2", "*/apps/*", "*/apps/red/", "*.example.com/", "*.deep.Example.com/", "App.example.com/", "[::1]/", "Bücher.example/", "only.example.org/api"];
        var table = Table(routes);
        var match = table.Match(host, path, out var length);
        Assert.Equal((route, prefixLength), (match?.ToString(), length));
    }

    [Fact]
    public void NothingMatches_WhenNoRouteDoes()
    {
        Assert.Null(Table("*.localhost/api").Match("a.localhost", "/ap", out _));
        Assert.Null(Table("*.localhost/").Match("localhost", "/", out _));
    }

    [Theory]
    [InlineData("\"Host\": \"\"", "Host is ''")]
    [InlineData("\"Host\": \"a*.example.com\"", "Host is 'a*.example.com'")]
    [InlineData("\"Host\": \"*.\"", "Host is '*.'")]
    [InlineData("\"Host\": \"localhost:9080\"", "Host is 'localhost:9080'")]
    [InlineData("\"Host\": \"a/b\"", "Host is 'a/b'")]
    [InlineData("\"Path\": \"\"", "Path is ''")]
    [InlineData("\"Path\": \"api\"", "Path is 'api'")]
    [InlineData("\"Path\": \"/a//b\"", "Path is '/a//b'")]
    [InlineData("\"Path\": \"/a/../b\"", "Path is '/a/../b'")]
    [InlineData("\"Path\": \"/a*\"", "Path is '/a*'")]
    [InlineData("\"Path\": \"/a%20b\"", "Path is '/a%20b'")]
    [InlineData("\"App\": \"main\"", "App is 'main'")]
    [InlineData("\"App\": \"main:\"", "App is 'main:'")]
    [InlineData("\"App\": \"../main:app\"", "App is '../main:app'")]
    [InlineData("\"App\": \"main:app(1)\"", "App is 'main:app(1)'")]
    [InlineData("\"App\": \"{http.request.header.x}\"", "App is '{http.request.header.x}'")]
    [InlineData("\"App\": \"{http.request.nothing}:app\"", "App is '{http.request.nothing}:app'")]
    [InlineData("\"WorkingDirectory\": \"\"", "WorkingDirectory is ''")]
    [InlineData("\"WorkingDirectory\": \"../{http.request.host}\"", "WorkingDirectory is '../{http.request.host}'")]
    [InlineData("\"WorkingDirectory\": \"/elsewhere/{http.request.host}\"", "WorkingDirectory is '/elsewhere/{http.request.host}'")]
    [InlineData("\"WorkingDirectory\": \"{http.request.host\"", "WorkingDirectory is '{http.request.host'")]
    [InlineData("\"EnvFiles\": [\"../x.env\"]", "EnvFiles holds '../x.env'")]
    [InlineData("\"Env\": { \"A\": \"{b\" }", "Env:A is '{b'")]
    public void ABadRoute_StopsTheStartWithASentence(string route, string part)
    {
        var exception = Assert.Throws<ConfigurationException>(() => RouteTable.Create(Requests.Options(_folder.Path, $"{{ {route} }}")));
        Assert.StartsWith("SnakeHost:Routes:0:", exception.Message, StringComparison.Ordinal);
        Assert.Contains(part, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Fact]
    public void TwoRoutesForTheSameRequests_AreRefused()
    {
        var exception = Assert.Throws<ConfigurationException>(() => Table("A.example/x", "a.example/x/"));
        Assert.Equal("SnakeHost:Routes:1 is 'a.example/x', which SnakeHost:Routes:0 is already: their Host or Path must differ.", exception.Message);
    }

    [Fact]
    public void WithoutAFolderOfApps_TheStartSaysWhatIsMissing()
    {
        var options = Requests.Options(_folder.Path, "");
        options.Root = "";
        Assert.StartsWith("SnakeHost:Root is '': no folder 'apps' was found", Assert.Throws<ConfigurationException>(() => RouteTable.Create(options)).Message, StringComparison.Ordinal);
    }

    private RouteTable Table(params string[] routes) => RouteTable.Create(Requests.Options(_folder.Path, string.Join(',', routes.Select(route =>
    {
        var slash = route.IndexOf('/', StringComparison.Ordinal);
        return $$"""{ "Host": "{{route[..slash]}}", "Path": "{{route[slash..]}}" }""";
    }))));
}
