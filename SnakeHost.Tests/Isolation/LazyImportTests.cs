using System.Net;
using SnakeHost.Tests.Frameworks;
using SnakeHost.Tests.Harness;
using SnakeHost.Tests.Telemetry;

namespace SnakeHost.Tests.Isolation;

/// <summary>Lazy imports (PEP 810), which came with Python 3.15.</summary>
public sealed class LazyImportTests(SharedGateways gateways) : IsolationTests(gateways)
{
    [Theory, MemberData(nameof(InstalledPythons.Since), 15, MemberType = typeof(InstalledPythons))]
    public async Task WithEqualNames_EachTenantsLazyImportsAreItsOwn_AndTheStandardLibrarysAreNobodys_AlsoAfterASave(string python)
    {
        const string Main =
            """
            import collections, sys
            lazy import shop.prices
            lazy import shop.stock
            lazy from identity import NAME
            lazy import heapq

            if NAME == "red":
                sys.set_lazy_imports("all")
                sys.set_lazy_imports_filter(lambda importer, name, fromlist: True)

            def answer(path):
                common = collections.Counter("aab").most_common(1)
                return f"{NAME} {shop.prices.OWNER} {shop.stock.OWNER} {heapq.OWNER} {common} {sys.get_lazy_imports()} {sys.get_lazy_imports_filter() is None}"
            """;
        foreach (var kind in new[] { "wsgi", "asgi" })
        {
            var pair = await PairAsync(python, kind, Main, ("shop/__init__.py", ""), ("shop/prices.py", "from identity import NAME as OWNER"),
                ("shop/stock.py", "lazy from identity import NAME as OWNER"), ("heapq.py", "from identity import NAME as OWNER"));
            static string Expected(string name) => $"{name} {name} {name} {name} [('a', 2)] {(name == "red" ? "all False" : "normal True")}";

            await pair.EachAnswersAsync("/", Expected);
            foreach (var tenant in new[] { pair.Red, pair.Blue })
            {
                tenant.Write("main.py", PythonApps.Answering(Main + $"\n# saved {Guid.NewGuid()}", kind));
                await pair.EachAnswersAsync("/", Expected);
            }
        }
    }

    [Theory, MemberData(nameof(InstalledPythons.Since), 15, MemberType = typeof(InstalledPythons))]
    public async Task TheErrorPage_ShowsTheLazyLineAndTheUse_UntilTheFileIsMended(string python)
    {
        var pair = await PairAsync(python, "wsgi", "lazy import broken\n\ndef answer(path):\n    return broken.VALUE\n", ("broken.py", "VALUE = 1 / 0\n"));

        using var response = await pair.Client.GetAsync(pair.Red.Url("/"), TestContext.Current.CancellationToken);
        var page = await response.TextAsync(HttpStatusCode.InternalServerError);
        Assert.Contains("line 1, in <module>\n    lazy import broken\n", page, StringComparison.Ordinal);
        Assert.Contains("line 4, in answer\n", page, StringComparison.Ordinal);
        Assert.Contains("ZeroDivisionError", page, StringComparison.Ordinal);

        pair.Red.Write("broken.py", "VALUE = 'mended'\n");
        await Eventually.Async(async () => Assert.Equal("mended", await pair.TextAsync(pair.Red)));
    }

    [Theory, MemberData(nameof(InstalledPythons.Since), 15, MemberType = typeof(InstalledPythons))]
    public async Task ALazyImport_IsMarkedInTheSpansOfTheLoad_AndARecordOfTheRequestThatWaitsForIt(string python)
    {
        const string Slow = "import time\ntime.sleep(0.01)\nVALUE = 1\n";
        await using var traced = new TracedGateway { Python = python, Arguments = ["--Logging:LogLevel:snakehost.imports=Debug"] };
        await traced.InitializeAsync();
        var tenant = traced.Tenants.AddUnique("lazy", ("early.py", Slow), ("late.py", Slow), ("main.py", PythonApps.Answering(
            """
            lazy import early
            lazy import late
            EARLY = early.VALUE

            def answer(path):
                return str(late.VALUE)
            """)));
        Assert.Equal("1", await traced.Gateway.Client.TextAsync(tenant.Url("/")));

        var request = await traced.RequestAsync(tenant.Name);
        Assert.True((await traced.SpanAsync("import early", tenant.Name)).Attributes.ContainsKey("snakehost.import.lazy"));
        Assert.False((await traced.SpanAsync("import main", tenant.Name)).Attributes.ContainsKey("snakehost.import.lazy"));
        await Eventually.Async(() =>
        {
            var record = Assert.Single(traced.Receiver.Logs, log => log.Scope == "snakehost.imports");
            Assert.Matches(@"^the lazy import of late took \d+\.\d ms$", record.Body);
            Assert.Equal((tenant.Name, "Debug", request.Id), (record.Service, record.Severity, record.SpanId));
            Assert.EndsWith("main.py", record.Attributes["code.file.path"], StringComparison.Ordinal);
            return Task.CompletedTask;
        });
    }

    /// <summary>The switch that the PEP recommends for trying it out: every import of every module waits.</summary>
    [Theory, MemberData(nameof(InstalledPythons.Since), 15, MemberType = typeof(InstalledPythons))]
    public async Task WithEveryImportLazy_TheGatewayStarts_AndAppsAndFrameworksWork(string python)
    {
        await using var gateway = await SharedGateway.StartAsync(python, ("PYTHON_LAZY_IMPORTS", "all"));
        var pair = gateway.Pair(("heapq.py", "from identity import NAME as OWNER\n"), ("main.py", PythonApps.Answering(
            """
            import collections, heapq, sys
            from identity import NAME

            def answer(path):
                return f"{NAME} {heapq.OWNER} {collections.Counter('aab').most_common(1)} {sys.get_lazy_imports()}"
            """)));
        await pair.EachAnswersAsync("/", name => $"{name} {name} [('a', 2)] all");

        foreach (var sample in new[] { "api", "hello", "notes", "stream", "ticker" })
            await gateway.Client.TextAsync(gateway.Tenants.Add(sample).Copy(Path.Combine(RepositoryFolder.Path, "apps", sample)).Url("/"));

        foreach (var (framework, module) in new[] { ("flask", "flask"), ("fastapi", "fastapi, " + FrameworkCases.Multipart), ("django", "django") })
        {
            if (!InstalledPythons.CanImport(python, module))
                continue;
            var apps = framework == "django" ? await DjangoProjects.PairAsync(gateway, python) : gateway.PairOf(Fixtures.Find("Frameworks", framework));
            await apps.AnswersAreNeverMixedUpAsync(number => $"/item/{number}", (name, number) => $"{name} {number} {name}", requests: 20);
        }
    }
}
