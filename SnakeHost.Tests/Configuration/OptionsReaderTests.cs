using System.Text;
using Microsoft.Extensions.Configuration;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Tests.Conformance;

namespace SnakeHost.Tests.Configuration;

public sealed class OptionsReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WithoutConfiguration_TheDefaultsAreThoseOfTheDocumentation()
    {
        _folder.Folder("apps");
        var options = Read.Settings(_folder.Path);

        Assert.Equal(["127.0.0.1:9080"], options.Listen);
        Assert.Equal("127.0.0.1:9081", options.Admin.Listen);
        Assert.Equal("python3", options.Python.Executable);
        Assert.Equal(Path.Join(_folder.Path, "apps"), options.Root);
        Assert.Equal((128, 64), (options.Tenants.MaxTenants, options.Tenants.MaxConcurrentLoads));
        Assert.Equal(TimeSpan.FromMinutes(30), options.Tenants.IdleTimeout);
        Assert.Equal(TimeSpan.FromSeconds(5), options.Tenants.FailureCacheDuration);
        Assert.Equal(TimeSpan.FromMinutes(2), options.Tenants.LoadTimeout);
        Assert.Equal(TimeSpan.FromMilliseconds(500), options.Reload.Debounce);
        Assert.Equal(TimeSpan.FromSeconds(10), options.Reload.Grace);
        Assert.Equal(["*.py"], options.Reload.Include);
        var route = Assert.Single(options.Routes);
        Assert.Equal(("*.localhost", "/", "auto", "{http.request.host.labels.1}"), (route.Host, route.Path, route.App, route.WorkingDirectory));
        Assert.Equal([".env"], route.EnvFiles);
        Assert.Equal(["bottle", "django", "sqlmodel"], route.PrivatePackages);
        Assert.True(route.Autoreload.Enabled);
        Assert.Equal(8, route.Threads);
    }

    [Fact]
    public void EveryValueIsRead()
    {
        const string Json = """
            { "SnakeHost": {
                "Root": ".", "Listen": ["127.0.0.1:0", "[::1]:0"], "AccessLogs": "json", "DeveloperPages": false,
                "Limits": { "MaxConnections": 9, "MaxRequestBodySize": "30MB", "MaxRequestHeadersSize": "16KB", "MaxRequestHeaderCount": 50, "MaxRequestLineSize": "4096",
                            "RequestHeadersTimeout": "5s", "KeepAliveTimeout": "-1", "MinRequestBodyRate": 0, "MinResponseRate": 100 },
                "TrustedProxies": ["10.0.0.0/8", "fd00::1"], "TrustForwardedHost": true,
                "Python": { "Executable": "/usr/bin/python3" },
                "Routes": [ { "Host": "*.example.com", "Path": "/api", "App": "main:app", "Interface": "ASGI", "Lifespan": "on", "WorkingDirectory": "x",
                              "Venv": "v", "EnvFiles": [], "Env": { "NAME": "", "b": "2" }, "Autoreload": { "Enabled": false, "Browser": true }, "Threads": 3,
                              "PrivatePackages": ["rest_framework", "a.b", "opentelemetry-api", "2captcha.x"], "QueueLimit": 5, "MaxRequestBodySize": "-1", "StaticMaxAge": "1h", "Compress": true, "Static": { "/static": "static" } },
                            { "Autoreload": false } ],
                "Tenants": { "MaxTenants": 5, "IdleTimeout": "-1", "FailureCacheDuration": "0", "LoadTimeout": "90s", "MaxConcurrentLoads": 2 },
                "Reload": { "Debounce": "00:00:00.250", "OnDemand": false, "OnDemandQuiet": "5ms", "Grace": "1m", "Include": ["*.html"], "Exclude": ["tmp"], "Polling": true, "PollingInterval": "1s" },
                "Admin": { "Listen": "off", "Token": "t" } } }
            """;
        var configuration = new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(Json))).Build();
        var options = OptionsReader.Read(configuration, _folder.Path);

        Assert.Equal(_folder.Path, options.Root);
        Assert.Equal(2, options.Addresses.Count);
        Assert.Equal((AccessLogFormat.Json, false), (options.AccessLogs, options.DeveloperPages));
        Assert.Equal((30L << 20, 16L << 10, 50, 4096), (options.Limits.MaxRequestBodySize, options.Limits.MaxRequestHeadersSize, options.Limits.MaxRequestHeaderCount, options.Limits.MaxRequestLineSize));
        Assert.Equal((TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan), (options.Limits.RequestHeadersTimeout, options.Limits.KeepAliveTimeout));
        Assert.Equal((0, 100, 9), (options.Limits.MinRequestBodyRate, options.Limits.MinResponseRate, options.Limits.MaxConnections));
        Assert.Equal(["10.0.0.0/8", "fd00::1/128"], options.ProxyNetworks!.Select(network => network.ToString()));
        Assert.True(options.TrustForwardedHost);
        var first = options.Routes[0];
        Assert.Equal((InterfaceKind.Asgi, LifespanMode.On, 3), (first.Interface, first.Lifespan, first.Threads));
        Assert.Equal((false, true), (first.Autoreload.Enabled, first.Autoreload.Browser));
        Assert.Equal((5, -1, TimeSpan.FromHours(1), true), (first.QueueLimit, first.MaxRequestBodySize, first.StaticMaxAge, first.Compress));
        Assert.Equal(30L << 20, options.Routes[1].MaxRequestBodySize);
        Assert.Empty(first.EnvFiles);
        Assert.Equal(["", "2"], [first.Env["NAME"], first.Env["b"]]);
        Assert.Equal(["rest_framework", "a.b", "opentelemetry-api", "2captcha.x"], first.PrivatePackages);
        Assert.Equal("static", first.Static["/static"]);
        Assert.False(options.Routes[1].Autoreload.Enabled);
        Assert.Equal(Timeout.InfiniteTimeSpan, options.Tenants.IdleTimeout);
        Assert.Equal(TimeSpan.Zero, options.Tenants.FailureCacheDuration);
        Assert.Equal(TimeSpan.FromSeconds(90), options.Tenants.LoadTimeout);
        Assert.Equal(TimeSpan.FromMilliseconds(250), options.Reload.Debounce);
        Assert.Equal(TimeSpan.FromMinutes(1), options.Reload.Grace);
        Assert.Null(options.Admin.Address);
    }

    [Theory]
    [InlineData("Tenants:MaxTenants", "-3", "SnakeHost:Tenants:MaxTenants is '-3': it must be a whole number from 1 to 1000000.")]
    [InlineData("Tenants:MaxTenants", "abc", "SnakeHost:Tenants:MaxTenants is 'abc': it must be a whole number from 1 to 1000000.")]
    [InlineData("Tenants:MaxTenants", "", "SnakeHost:Tenants:MaxTenants is '': it must be a whole number from 1 to 1000000.")]
    [InlineData("Tenants:MaxTenants", "99999999999", "SnakeHost:Tenants:MaxTenants is '99999999999': it must be a whole number from 1 to 1000000.")]
    [InlineData("Tenants:LoadTimeout", "soon", "SnakeHost:Tenants:LoadTimeout is 'soon': it must be a duration of at least 1ms such as 500ms, 120s or 00:00:05, or -1 for ever.")]
    [InlineData("Reload:Debounce", "-1", "SnakeHost:Reload:Debounce is '-1': it must be a duration such as 500ms, 120s or 00:00:05.")]
    [InlineData("Reload:OnDemand", "maybe", "SnakeHost:Reload:OnDemand is 'maybe': it must be true or false.")]
    [InlineData("Routes:0:Interface", "fastcgi", "SnakeHost:Routes:0:Interface is 'fastcgi': it must be auto or wsgi or asgi.")]
    [InlineData("Routes:0:Interface", "1", "SnakeHost:Routes:0:Interface is '1': it must be auto or wsgi or asgi.")]
    [InlineData("Routes:0:Autoreload", "often", "SnakeHost:Routes:0:Autoreload is 'often': it must be true or false.")]
    [InlineData("Tenants:MaxTennants", "3", "SnakeHost:Tenants:MaxTennants is not a setting: did you mean SnakeHost:Tenants:MaxTenants?")]
    [InlineData("Tennants:MaxTenants", "3", "SnakeHost:Tennants is not a setting: did you mean SnakeHost:Tenants?")]
    [InlineData("Python:Zzzzzzzz", "3", "SnakeHost:Python:Zzzzzzzz is not a setting: SnakeHost:Python has the keys Executable, Embedding, Affinity.")]
    [InlineData("Python", "python3.12", "SnakeHost:Python is 'python3.12': it must be a section with the keys Executable, Embedding, Affinity.")]
    [InlineData("Root:Path", "x", "SnakeHost:Root:Path is not a setting: SnakeHost:Root is a single value.")]
    [InlineData("Routes", "x", "SnakeHost:Routes is 'x': it must be a list of routes.")]
    [InlineData("Routes:0:Env:LD_PRELOAD", "x.so", "SnakeHost:Routes:0:Env:LD_PRELOAD cannot be set: names that start with LD_ are not for apps to set.")]
    [InlineData("Routes:0:PrivatePackages:0", "a b", "SnakeHost:Routes:0:PrivatePackages holds 'a b': it must be the name of a Python package or distribution, such as django or opentelemetry-api.")]
    [InlineData("Routes:0:Static:static", "x", "SnakeHost:Routes:0:Static holds the path 'static': it must start with / and name something, such as /static.")]
    [InlineData("Reload:Include:0", "../*.py", "SnakeHost:Reload:Include holds '../*.py': it must be a name or a path inside an app's folder, such as *.html or templates/*.")]
    [InlineData("Python:Executable", " ", "SnakeHost:Python:Executable is ' ': it must be a command or a path, such as python3.")]
    [InlineData("Listen", "9080", "SnakeHost:Listen:0 is '9080': it must be an address and a port, such as 127.0.0.1:9080, [::1]:9080, localhost:9080 or :9080 (every interface), with https:// before it for TLS.")]
    [InlineData("Admin:Listen", "https://127.0.0.1:9081", "SnakeHost:Admin:Listen is 'https://127.0.0.1:9081': the admin listener speaks plain HTTP only; put it on loopback, or behind a proxy.")]
    [InlineData("AccessLogs", "xml", "SnakeHost:AccessLogs is 'xml': it must be off or combined or json.")]
    [InlineData("Routes:0:QueueLimit", "0", "SnakeHost:Routes:0:QueueLimit is '0': it must be a whole number from 1 to 1000000.")]
    [InlineData("Routes:0:MaxRequestBodySize", "-2", "SnakeHost:Routes:0:MaxRequestBodySize is '-2': it must be a size in bytes such as 65536, 64KB or 30MB, or -1 for no limit.")]
    [InlineData("Limits:MaxRequestLineSize", "1GB", "SnakeHost:Limits:MaxRequestLineSize is '1GB': it must be a size in bytes from 256 to 1048576 such as 65536, 64KB or 30MB.")]
    [InlineData("TrustedProxies", "10.0.0.0/8;proxy.local", "SnakeHost:TrustedProxies:1 is 'proxy.local': it must be an address or a network, such as 10.0.0.1, 10.0.0.0/8 (with no bit set behind the prefix) or fd00::/8, or none.")]
    [InlineData("TrustedProxies", "10", "SnakeHost:TrustedProxies:0 is '10': it must be an address or a network, such as 10.0.0.1, 10.0.0.0/8 (with no bit set behind the prefix) or fd00::/8, or none.")]
    [InlineData("Certificates", "x.pem", "SnakeHost:Certificates is 'x.pem': it must be a list of certificates.")]
    [InlineData("Certificates:0:Hosts", "a", "SnakeHost:Certificates:0:Certificate is '': it must be a PEM file.")]
    [InlineData("Certificates:0:Certificate", "/no/such.pem", "SnakeHost:Certificates:0:Certificate is '/no/such.pem': there is no file /no/such.pem.")]
    [InlineData("Admin:Listen", "0.0.0.0:9081", "SnakeHost:Admin:Listen is '0.0.0.0:9081', which others can reach: set SnakeHost:Admin:Token, or listen on 127.0.0.1.")]
    [Conforms(Standard.Gateway, "Configuration", "a key that does not exist, or a value that cannot be used, stops the start with one sentence that names it")]
    public void ABadValue_IsOneSentenceThatNamesKeyAndValue(string key, string value, string sentence) =>
        Assert.Equal(sentence, Read.Error((key, value)));

    [Fact]
    public void AMissingRoot_IsNamed()
    {
        var exception = Assert.Throws<ConfigurationException>(() => Read.Settings(_folder.Path, ("Root", "no/such")));
        Assert.Equal($"SnakeHost:Root is 'no/such': there is no folder {Path.Join(_folder.Path, "no/such")}.", exception.Message);
    }

    [Fact]
    public void WithoutRoot_TheNearestAppsFolderAboveIsTaken()
    {
        var apps = _folder.Folder("apps");
        var deep = _folder.Folder("a/b");
        using var elsewhere = new TemporaryFolder();
        var configuration = new ConfigurationBuilder().Build();

        Assert.Equal(apps, OptionsReader.Read(configuration, elsewhere.Path, deep, elsewhere.Path).Root);
        Assert.Equal(apps, OptionsReader.Read(configuration, elsewhere.Path, elsewhere.Path, deep).Root);
        Assert.Equal("", OptionsReader.Read(configuration, elsewhere.Path, elsewhere.Path, elsewhere.Path).Root);
        // A tool's folder lies in somebody's home.
        _folder.File("a/b/DotnetToolSettings.xml");
        Assert.Equal("", OptionsReader.Read(configuration, elsewhere.Path, elsewhere.Path, deep).Root);
    }

    [Fact]
    public void WithoutRoot_AFolderOfAppsIsTaken_WhereThereIsNoFolderApps()
    {
        using var elsewhere = new TemporaryFolder();
        string Root() => OptionsReader.Read(new ConfigurationBuilder().Build(), elsewhere.Path, _folder.Path, elsewhere.Path).Root;

        _folder.File("notes.txt");
        _folder.File(".git/hook.py");
        Assert.Equal("", Root());
        _folder.File("shop/main.py");
        Assert.Equal(_folder.Path, Root());
        _folder.File("main.py"); // it is an app
        Assert.Equal("", Root());
        elsewhere.Folder("apps");
        Assert.Equal(Path.Join(elsewhere.Path, "apps"), Root());
    }

    [Fact]
    public void Route_ReplacesRoutes_AndRouteDefaultsLieOverEach()
    {
        var replaced = Read.Settings(_folder.Path, ("Routes:0:App", "a:a"), ("Routes:1:App", "b:b"), ("Route:App", "c:c"));
        Assert.Equal("c:c", Assert.Single(replaced.Routes).App);

        var laid = Read.Settings(_folder.Path, ("Routes:0:Threads", "2"), ("Routes:1:Env:A", "1"), ("RouteDefaults:Threads", "5"), ("RouteDefaults:Env:B", "2"));
        Assert.All(laid.Routes, route => Assert.Equal(5, route.Threads));
        Assert.Equal(["1", "2"], [laid.Routes[1].Env["A"], laid.Routes[1].Env["B"]]);

        Assert.Equal("*.localhost", Assert.Single(Read.Settings(_folder.Path, ("RouteDefaults:Threads", "5")).Routes).Host);
    }

    [Fact]
    public void OneValueForAList_ReplacesTheListOfAWeakerSource()
    {
        var options = Read.Settings(_folder.Path, ("Listen:0", ":1"), ("Listen:1", ":2"), ("Listen", "127.0.0.1:3;[::1]:3"));
        Assert.Equal(["127.0.0.1:3", "[::1]:3"], options.Listen);
    }
}
