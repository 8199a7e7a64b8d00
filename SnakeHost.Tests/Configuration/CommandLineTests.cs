using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Tests.Conformance;

namespace SnakeHost.Tests.Configuration;

public sealed class CommandLineTests : IDisposable
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

    [Fact]
    public void WithoutArguments_NothingIsSet()
    {
        var result = Parse();
        Assert.Null(result.ExitCode);
        Assert.Empty(result.Settings);
        Assert.Empty(result.HostArguments);
    }

    [Fact]
    public void App_IsTheOnlyRoute_InTheCurrentDirectory()
    {
        var options = Options("--app", "main:app", "--SnakeHost:Routes:0:App=other:app");
        var route = Assert.Single(options.Routes);
        Assert.Equal(("*", "/", "main:app", _folder.Path), (route.Host, route.Path, route.App, route.WorkingDirectory));
        Assert.False(route.Autoreload.Enabled);
    }

    [Fact]
    public void EveryOption_BecomesASetting()
    {
        var app = _folder.Folder("app");
        var venv = _folder.Folder("venv");
        var assets = _folder.Folder("assets");
        var file = _folder.File("a.env");
        _folder.File("b.env");
        var options = Options(
            "--server-type", "wsgi", "--app", "main:create_app()", "--working-dir", "app", "--venv", "venv", "--listen", "127.0.0.1:0", "--listen", ":8000",
            "--admin", "off", "--autoreload", "--lifespan", "on", "--env-file", "a.env", "--env-file", "b.env", "--env-var", "A=x=y", "--env-var", "B=",
            "--start-timeout", "-1", "--max-dynamic-apps", "7", "--threads", "3", "--static-path", "assets", "--static-route", "/files", "--access-logs",
            "--queue", "5", "--max-body-size", "1MB", "--compress", "--trusted-proxy", "10.0.0.0/8", "--trusted-proxy", "::1",
            "--debug", "--workers", "3", "--host", "*.example.com");

        var route = Assert.Single(options.Routes);
        Assert.Equal((InterfaceKind.Wsgi, LifespanMode.On, 3, true), (route.Interface, route.Lifespan, route.Threads, route.Autoreload.Enabled));
        Assert.Equal(("main:create_app()", app, venv, "*.example.com"), (route.App, route.WorkingDirectory, route.Venv, route.Host));
        Assert.Equal([file, Path.Join(_folder.Path, "b.env")], route.EnvFiles);
        Assert.Equal(["x=y", ""], [route.Env["A"], route.Env["B"]]);
        Assert.Equal(assets, route.Static["/files"]);
        Assert.Equal(["127.0.0.1:0", ":8000"], options.Listen);
        Assert.Null(options.Admin.Address);
        Assert.Equal((Timeout.InfiniteTimeSpan, 7), (options.Tenants.LoadTimeout, options.Tenants.MaxTenants));
        Assert.True(options is { AccessLogs: AccessLogFormat.Combined, DeveloperPages: true });
        Assert.Equal((5, 1L << 20, true), (route.QueueLimit, route.MaxRequestBodySize, route.Compress));
        Assert.Equal(["10.0.0.0/8", "::1/128"], options.ProxyNetworks!.Select(network => network.ToString()));
        Assert.Equal(3, options.Workers);
        Assert.Equal(Environment.ProcessorCount, Options("--workers", "cores").Workers);
        Assert.Equal("Debug", Parse("--debug").Settings["Logging:LogLevel:Default"]);
    }

    [Fact]
    public void Certificates_BelongToKeysAndDomainsByTheirPlaces()
    {
        string[] files = [_folder.File("a.pem"), _folder.File("a.key"), _folder.File("b.pem"), _folder.File("b.key")];
        var options = Options(
            "--listen", "https://:8443", "--cert", "a.pem", "--key", "a.key", "--domain", "a.example", "--cert", "b.pem", "--key", "b.key", "--domain", "*.b.example", "--access-logs", "json");
        Assert.Equal([files[0], files[2]], options.Certificates.Select(certificate => certificate.Certificate));
        Assert.Equal([files[1], files[3]], options.Certificates.Select(certificate => certificate.Key));
        Assert.Equal(["a.example", "*.b.example"], options.Certificates.Select(certificate => Assert.Single(certificate.Hosts)));
        Assert.Equal(ListenScheme.Https, Assert.Single(options.Addresses).Scheme);
        Assert.Equal(AccessLogFormat.Json, options.AccessLogs);
        Assert.Equal(2, Parse("--listen", "https://:8443", "--cert", "a.pem", "--cert", "b.pem", "--key", "b.key").ExitCode);
        Assert.StartsWith("--key is given 1 times and --cert 2 times", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ACertificateWithoutHttps_IsRefused()
    {
        _folder.File("a.pem");
        Assert.Equal(2, Parse("--listen", ":8443", "--cert", "a.pem").ExitCode);
        Assert.Equal("--cert is given, but no --listen begins with https://." + Environment.NewLine, _error.ToString());
    }

    [Fact]
    public void TrustedProxyNone_IsAnEmptyList() => Assert.Empty(Options("--trusted-proxy", "none").ProxyNetworks!);

    [Fact]
    public void WithoutAnApp_OptionsHoldForEveryRoute()
    {
        _folder.Folder("projects");
        var options = Options("--root", "projects", "--threads", "3", "--autoreload=false", "--SnakeHost:Routes:0:App=a:a", "--SnakeHost:Routes:1:App=b:b");
        Assert.Equal(Path.Join(_folder.Path, "projects"), options.Root);
        Assert.Equal(["a:a", "b:b"], options.Routes.Select(route => route.App));
        Assert.All(options.Routes, route => Assert.Equal((3, false), (route.Threads, route.Autoreload.Enabled)));
    }

    [Theory]
    [InlineData("previews/{http.request.host.labels.1}", "previews")]
    [InlineData("{http.request.host.labels.1}", "")]
    [InlineData("previews/pr-{http.request.host.labels.1}/site", "previews")]
    public void AWorkingDirectoryWithAPlaceholder_MakesItsFolderTheRoot(string workingDirectory, string root)
    {
        _folder.Folder("previews");
        var options = Options("--working-dir", workingDirectory);
        Assert.Equal(Path.TrimEndingDirectorySeparator(Path.Join(_folder.Path, root)), options.Root);
        Assert.Equal(Path.Join(_folder.Path, workingDirectory), Assert.Single(options.Routes).WorkingDirectory);
        Assert.Equal("auto", options.Routes[0].App);
    }

    [Fact]
    public void AnEnvironmentFile_OfAWorkingDirectoryWithAPlaceholder_MayBeEachAppsOwn()
    {
        var here = _folder.File("here.env");
        var options = Options("--working-dir", "{http.request.host.labels.1}", "--env-file", "prod.env", "--env-file", "conf/x.env", "--env-file", "here.env");
        Assert.Equal(["prod.env", "conf/x.env", here], Assert.Single(options.Routes).EnvFiles);
        foreach (var file in new[] { "../prod.env", Path.Join(_folder.Path, "prod.env") })
            Assert.Equal(2, Parse("--working-dir", "{http.request.host.labels.1}", "--env-file", file).ExitCode);
        Assert.Equal(2, Parse("--app", "main:app", "--env-file", "prod.env").ExitCode);
    }

    [Fact]
    public void KeepPrefix_NeedsAPathToKeep()
    {
        var route = Assert.Single(Options("--app", "main:app", "--path", "/item", "--keep-prefix").Routes);
        Assert.Equal(("/item", true), (route.Path, route.KeepPrefix));
        var exception = Assert.Throws<ConfigurationException>(() => Options("--app", "main:app", "--keep-prefix"));
        Assert.Equal("SnakeHost:Route:KeepPrefix is 'true', but SnakeHost:Route:Path is '/': there is no prefix to keep.", exception.Message);

        // Of several routes those that have none are left as they are.
        Assert.Equal(2, Options("--keep-prefix", "--SnakeHost:Routes:0:Path=/", "--SnakeHost:Routes:1:Path=/item").Routes.Count);
    }

    [Fact]
    public void WithRoot_TheWorkingDirectoryIsRelativeToIt()
    {
        var site = _folder.Folder("projects/site");
        Assert.Equal(site, Options("--root", "projects", "--working-dir", "site").Routes[0].WorkingDirectory);
    }

    [Fact]
    public void AFolderWhoseNameHoldsBraces_IsNoPlaceholder()
    {
        var odd = _folder.Folder("{x}");
        var result = CommandLine.Parse(["--app", "main:app"], _output, _error, odd);
        Assert.Equal(Path.Join(_folder.Path, "{{x}}"), result.Settings["SnakeHost:Route:WorkingDirectory"]);
    }

    [Fact]
    public void SettingsInDotNetsForm_GoToTheHost()
    {
        var result = Parse("--SnakeHost:Tenants:MaxTenants", "5", "--Logging:LogLevel:Default=Warning", "--urls", "http://127.0.0.1:1", "--environment=Development", "--threads", "2");
        Assert.Equal(["--SnakeHost:Tenants:MaxTenants=5", "--Logging:LogLevel:Default=Warning", "--urls=http://127.0.0.1:1", "--environment=Development"], result.HostArguments);
        Assert.Equal("2", result.Settings["SnakeHost:RouteDefaults:Threads"]);
    }

    [Theory]
    [InlineData("--autorelod is not an option: did you mean --autoreload?", "--autorelod")]
    [InlineData("--working-dri is not an option: did you mean --working-dir?", "--working-dri=x")]
    [InlineData("--frobnicate-everything is not an option: --help lists them.", "--frobnicate-everything")]
    [InlineData("'main:app' is not expected here; an app is named by --app, a folder by --working-dir or --root.", "main:app")]
    [InlineData("--threads is 'abc': it must be a whole number from 1 to 1024.", "--threads", "abc")]
    [InlineData("--start-timeout is 'soon': it must be a duration of at least 1ms such as 500ms, 120s or 00:00:05, or -1 for ever.", "--start-timeout", "soon")]
    [InlineData("--server-type is 'cgi': it must be auto or wsgi or asgi.", "--server-type", "cgi")]
    [InlineData("--lifespan is 'x': it must be auto or on or off.", "--lifespan", "x")]
    [InlineData("--autoreload is 'x': it must be true or false.", "--autoreload=x")]
    [InlineData("--keep-prefix is 'x': it must be true or false.", "--keep-prefix=x")]
    [InlineData("--max-dynamic-apps is '0': it must be a whole number from 1 to 1000000.", "--max-dynamic-apps", "0")]
    [InlineData("--app is 'main': it must be module:attribute, module:factory() or auto.", "--app", "main")]
    [InlineData("--env-var is 'A': it must read NAME=VALUE.", "--env-var", "A")]
    [InlineData("--env-var is 'LD_PRELOAD=x': LD_PRELOAD cannot be set: names that start with LD_ are not for apps to set.", "--env-var", "LD_PRELOAD=x")]
    [InlineData("--listen is '80': it must be an address and a port, such as 127.0.0.1:9080, [::1]:9080, localhost:9080 or :9080 (every interface), with https:// before it for TLS.", "--listen", "80")]
    [InlineData("--static-route is '/x', but --static-path does not say what to serve there.", "--static-route", "/x")]
    [InlineData("--SnakeHost:Root has no value: write --SnakeHost:Root=VALUE.", "--SnakeHost:Root")]
    [InlineData("Required argument missing for option: '--app'.", "--app")]
    [InlineData("Option '--app' expects a single argument but 2 were provided.", "--app", "a:a", "--app", "b:b")]
    [Conforms(Standard.Gateway, "Configuration", "a mistake on the command line is one sentence and exit code 2")]
    public void AMistake_IsOneSentence_AndExitCode2(string sentence, params string[] arguments)
    {
        var result = Parse(arguments);
        Assert.Equal(sentence + Environment.NewLine, _error.ToString());
        Assert.Equal(2, result.ExitCode);
        Assert.Equal("", _output.ToString());
    }

    [Theory]
    [InlineData("--root")]
    [InlineData("--working-dir")]
    [InlineData("--venv")]
    [InlineData("--static-path")]
    [InlineData("--env-file")]
    public void APathThatIsMissing_IsNamed(string option)
    {
        Assert.Equal(2, Parse(option, "none").ExitCode);
        Assert.StartsWith($"{option} is 'none': there is no ", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains(Path.Join(_folder.Path, "none"), _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Help_NamesEveryOption_AndEndsWithExamples()
    {
        Assert.Equal(0, Parse("--help").ExitCode);
        var help = _output.ToString();
        Assert.All(new CommandLineOptions().Command.Options, option => Assert.Contains(option.Name, help, StringComparison.Ordinal));
        Assert.Contains("Examples:", help, StringComparison.Ordinal);
        Assert.Equal("", _error.ToString());
    }

    [Fact]
    public void Version_IsOneLine_WithTheVersionOfTheChangelogsFirstEntry()
    {
        Assert.Equal(0, Parse("--version").ExitCode);
        var newest = File.ReadLines(Path.Join(RepositoryFolder.Path, "CHANGELOG.md")).First(static line => line.StartsWith("## ", StringComparison.Ordinal)).Split(' ')[1];
        Assert.Matches($@"^{Regex.Escape(newest)}(\+\S+)?\s*$", _output.ToString());
    }

    private CommandLineResult Parse(params string[] arguments) => CommandLine.Parse(arguments, _output, _error, _folder.Path);

    private SnakeHostOptions Options(params string[] arguments)
    {
        var result = Parse(arguments);
        Assert.Equal("", _error.ToString());
        var configuration = new ConfigurationBuilder().AddCommandLine([.. result.HostArguments]).AddInMemoryCollection(result.Settings).Build();
        return OptionsReader.Read(configuration, _folder.Path, _folder.Path, _folder.Path);
    }
}
