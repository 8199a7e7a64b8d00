using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Reload;

/// <summary>The real gateway: what is saved is what answers, from the moment the save returns.</summary>
public sealed class ReloadTests(SharedGateways gateways)
{
    private const string Answer = "def answer(path):\n    return VALUE\n";

    public static TheoryData<string> Interfaces => ["wsgi", "asgi"];

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task EveryRequestAfterASave_SeesIt(string python, string kind)
    {
        var gateway = await gateways.ForAsync(python);
        var tenant = gateway.NewTenant("edits", ("main.py", App("\"v0\"", kind)));
        Assert.Equal("v0", await gateway.Client.TextAsync(tenant.Url("/")));

        for (var i = 1; i <= 10; i++)
        {
            tenant.Write("main.py", App($"\"v{i}\"", kind));
            Assert.Equal($"v{i}", await gateway.Client.TextAsync(tenant.Url("/")));
        }
    }

    [Theory, MemberData(nameof(Interfaces))]
    public async Task FiftyAtomicSavesInALoop_AreNeverAnsweredStale(string kind)
    {
        var gateway = await GatewayAsync();
        var tenant = gateway.NewTenant("fifty", ("main.py", App("\"v0\"", kind)));
        Assert.Equal("v0", await gateway.Client.TextAsync(tenant.Url("/")));

        for (var i = 1; i <= 50; i++)
        {
            Replace(tenant, "main.py", App($"\"v{i}\"", kind));
            Assert.Equal($"v{i}", await gateway.Client.TextAsync(tenant.Url("/")));
        }
    }

    [Theory, MemberData(nameof(Interfaces))]
    public async Task EditsOfTheSameSizeInTheSameSecond_AreSeen(string kind)
    {
        var gateway = await GatewayAsync();
        var tenant = gateway.NewTenant("size", ("main.py", App("util.VALUE", kind, "import util\n")), ("util.py", "VALUE = 'a'\n"));
        Assert.Equal("a", await gateway.Client.TextAsync(tenant.Url("/")));
        var stamp = File.GetLastWriteTimeUtc(Path.Combine(tenant.Directory, "util.py"));

        foreach (var letter in "bcdefg")
        {
            // Not even the time stamp differs.
            tenant.Write("util.py", $"VALUE = '{letter}'\n");
            File.SetLastWriteTimeUtc(Path.Combine(tenant.Directory, "util.py"), stamp);
            Assert.Equal($"{letter}", await gateway.Client.TextAsync(tenant.Url("/")));
        }
    }

    [Theory, MemberData(nameof(Interfaces))]
    public async Task AFailingReload_IsAnsweredWithItsTracebackUntilItIsRepaired(string kind)
    {
        var gateway = await GatewayAsync();
        var tenant = gateway.NewTenant("broken", ("main.py", App("\"good\"", kind)));
        Assert.Equal("good", await gateway.Client.TextAsync(tenant.Url("/")));

        tenant.Write("main.py", App("\"never\"", kind, "import flusk\n"));
        for (var i = 0; i < 3; i++)
        {
            using var failed = await gateway.Client.GetAsync(tenant.Url("/"), TestContext.Current.CancellationToken);
            Assert.Contains("No module named 'flusk'", await failed.TextAsync(HttpStatusCode.InternalServerError), StringComparison.Ordinal);
        }

        tenant.Write("main.py", App("\"repaired\"", kind));
        Assert.Equal("repaired", await gateway.Client.TextAsync(tenant.Url("/")));
        await gateway.Process.Output.WaitForAsync(
            line => line.Contains($"Tenant {tenant.Name}: the reload", StringComparison.Ordinal) && line.Contains("main.py:1", StringComparison.Ordinal), "the log line that names file and line");
    }

    [Fact]
    public async Task WhenTheFirstImportFails_ARepairIsTriedAtOnce()
    {
        var gateway = await GatewayAsync();
        var tenant = gateway.NewTenant("first", ("main.py", "import flusk\n"));
        using (var failed = await gateway.Client.GetAsync(tenant.Url("/"), TestContext.Current.CancellationToken))
            Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);

        tenant.Write("main.py", App("\"repaired\"", "wsgi"));

        Assert.Equal("repaired", await gateway.Client.TextAsync(tenant.Url("/")));
    }

    [Fact]
    public async Task AThousandFilesRewrittenAtOnce_AreOneReload()
    {
        var gateway = await GatewayAsync();
        var tenant = gateway.NewTenant("branch", ("main.py", App("package.m999.VALUE", "wsgi", "import package.m999\n")), ("package/__init__.py", ""));
        // Each by itself would wait for the processes that other tests start, and that may take longer than the gateway waits for quiet.
        void Switch(string branch) => ChildProcess.WhileNoneStarts(() =>
        {
            for (var i = 0; i < 1000; i++)
                File.WriteAllText(Path.Join(tenant.Directory, "package", $"m{i}.py"), $"VALUE = '{branch}'\n");
        });

        Switch("main");
        Assert.Equal("main", await gateway.Client.TextAsync(tenant.Url("/")));

        Switch("feature");
        await gateway.Process.Output.WaitForAsync(line => line.Contains($"Tenant {tenant.Name}: generation 2 answers", StringComparison.Ordinal), "the reload");

        Assert.Equal("feature", await gateway.Client.TextAsync(tenant.Url("/")));
        Assert.Equal(1, await ReloadsAsync(gateway, tenant));
    }

    [Fact]
    public async Task WithoutARequest_TheReloadComesByItselfAndNamesTheFile()
    {
        var gateway = await GatewayAsync();
        var tenant = gateway.NewTenant("alone", ("main.py", App("\"v1\"", "wsgi")));
        Assert.Equal("v1", await gateway.Client.TextAsync(tenant.Url("/")));

        tenant.Write("main.py", App("\"v2\"", "wsgi"));

        await gateway.Process.Output.WaitForAsync(
            line => line.Contains($"Tenant {tenant.Name}: generation 2 answers", StringComparison.Ordinal) && line.EndsWith("because of main.py", StringComparison.Ordinal), "the reload");
    }

    [Fact]
    public async Task AnEnvFile_ReloadsTheTenant()
    {
        var gateway = await GatewayAsync();
        var tenant = gateway.NewTenant("env", ("main.py", App("os.environ.get('COLOUR', 'none')", "wsgi", "import os\n")));
        Assert.Equal("none", await gateway.Client.TextAsync(tenant.Url("/")));

        tenant.Write(".env", "COLOUR=red\n");
        Assert.Equal("red", await gateway.Client.TextAsync(tenant.Url("/")));
        tenant.Write(".env", "COLOUR=blue\n");
        Assert.Equal("blue", await gateway.Client.TextAsync(tenant.Url("/")));
        File.Delete(Path.Combine(tenant.Directory, ".env"));
        Assert.Equal("none", await gateway.Client.TextAsync(tenant.Url("/")));
    }

    [Fact]
    public async Task ANewFolder_IsFoundOnItsFirstRequest_AndADeletedOneIsNot()
    {
        var gateway = await GatewayAsync();
        var name = gateway.NewTenant("probe").Name + "-later";
        var url = new Uri($"http://{name}.localhost/");
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(gateway, url));
            var tenant = gateway.Tenants.Add(name, ("main.py", App($"\"round {round}\"", "wsgi")));
            Assert.Equal($"round {round}", await gateway.Client.TextAsync(url));
            Directory.Delete(tenant.Directory, recursive: true);
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(gateway, url));
        }

        await gateway.Process.Output.WaitForAsync(line => line.Contains($"Tenant {name}: evicted (DirectoryDeleted)", StringComparison.Ordinal), "the eviction");
    }

    [Fact]
    public async Task ADirectoryDeletedAndCreatedAgain_IsReloaded()
    {
        var gateway = await GatewayAsync();
        var tenant = gateway.NewTenant("again", ("main.py", App("\"old\"", "wsgi")));
        Assert.Equal("old", await gateway.Client.TextAsync(tenant.Url("/")));

        for (var i = 0; i < 3; i++)
        {
            Directory.Delete(tenant.Directory, recursive: true);
            tenant.Write("main.py", App($"\"new {i}\"", "wsgi"));
            Assert.Equal($"new {i}", await gateway.Client.TextAsync(tenant.Url("/")));
        }
    }

    [Fact]
    public async Task ARePointedLink_IsFollowed()
    {
        var gateway = await GatewayAsync();
        var releases = gateway.NewTenant("releases");
        var link = new Tenant(releases.Name + "-live", Path.Combine(gateway.Tenants.Root, releases.Name + "-live"));
        for (var i = 0; i < 4; i++)
        {
            releases.Write($"r{i}/main.py", App($"\"release {i}\"", "wsgi"));
            await SymbolicLink.PointAsync(link.Directory, Path.Combine(releases.Name, $"r{i}"));
            Assert.Equal($"release {i}", await gateway.Client.TextAsync(link.Url("/")));
        }

        releases.Write("r3/main.py", App("\"edited\"", "wsgi"));
        Assert.Equal("edited", await gateway.Client.TextAsync(link.Url("/")));
    }

    [Theory]
    [InlineData("r'{0}'")]
    [InlineData("'../{1}'")]
    [InlineData("os.path.join(os.path.dirname(__file__), '..', '{1}')")]
    public async Task AModuleOutsideTheTenant_IsFollowedOnceItIsLoaded(string entry)
    {
        var gateway = await GatewayAsync();
        var library = gateway.NewTenant("library", ("shared.py", "VALUE = 'one'\n"));
        var tenant = gateway.NewTenant("user", ("main.py", App("shared.VALUE", "wsgi", $"import os, sys\nsys.path.insert(0, {string.Format(System.Globalization.CultureInfo.InvariantCulture, entry, library.Directory, library.Name)})\nimport shared\n")));
        Assert.Equal("one", await gateway.Client.TextAsync(tenant.Url("/")));

        library.Write("shared.py", "VALUE = 'two'\n");

        Assert.Equal("two", await gateway.Client.TextAsync(tenant.Url("/")));
        Assert.Equal(1, await ReloadsAsync(gateway, tenant));
    }

    [Fact]
    public async Task AnAppThatWritesASourceFileWhenItIsLoaded_IsNotReloadedForEver()
    {
        var gateway = await GatewayAsync();
        var tenant = gateway.NewTenant("writer", ("main.py", App("'one'", "wsgi", "import time\nopen('stamp.py', 'w').write(f'AT = {time.time()}')\n")));
        Assert.Equal("one", await gateway.Client.TextAsync(tenant.Url("/")));
        await gateway.Process.Output.WaitForAsync(line => line.Contains($"Tenant {tenant.Name} writes stamp.py whenever it is loaded", StringComparison.Ordinal), "the warning");

        // Edits are seen as ever.
        tenant.Write("main.py", App("'two'", "wsgi", "import time\nopen('stamp.py', 'w').write(f'AT = {time.time()}')\n"));
        Assert.Equal("two", await gateway.Client.TextAsync(tenant.Url("/")));
        var reloads = await ReloadsAsync(gateway, tenant);
        Assert.Equal("two", await gateway.Client.TextAsync(tenant.Url("/")));
        Assert.Equal(reloads, await ReloadsAsync(gateway, tenant));
    }

    [Theory, MemberData(nameof(Interfaces))]
    public async Task UnderLoad_NoRequestFailsAndNoneGoesBack(string kind)
    {
        var gateway = await GatewayAsync();
        var tenant = gateway.NewTenant("load", ("main.py", App("\"0\"", kind)));
        await gateway.Client.TextAsync(tenant.Url("/"));
        using var stop = new CancellationTokenSource();
        var saved = 0;
        var workers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var least = Volatile.Read(ref saved);
                var seen = int.Parse(await gateway.Client.TextAsync(tenant.Url("/")), System.Globalization.CultureInfo.InvariantCulture);
                Assert.True(seen >= least, $"{seen} answered after {least} was saved.");
            }
        })).ToArray();

        for (var i = 1; i <= 10; i++)
        {
            Replace(tenant, "main.py", App($"\"{i}\"", kind));
            Volatile.Write(ref saved, i);
            Assert.Equal($"{i}", await gateway.Client.TextAsync(tenant.Url("/")));
        }

        await stop.CancelAsync();
        await Task.WhenAll(workers);
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task TheModulesOfOldGenerations_Die(string python, string kind)
    {
        var gateway = await gateways.ForAsync(python);
        var tenant = gateway.NewTenant("weak", ("util.py", "VALUE = [object()]\n"));
        string Source(int version) => PythonApps.Answering(
            $$"""
            import gc, sys, weakref, wsgiref as shared, util

            seen = shared.__dict__.setdefault("generations of {{tenant.Name}}", [])
            seen.append(weakref.ref(sys.modules[__name__]))
            seen.append(weakref.ref(util))

            def answer(path):
                gc.collect()
                return f"{{version}} {sum(reference() is not None for reference in seen)} of {len(seen)}"
            """, kind);
        const int Versions = 6;
        for (var version = 1; version <= Versions; version++)
        {
            tenant.Write("main.py", Source(version));
            Assert.StartsWith($"{version} ", await gateway.Client.TextAsync(tenant.Url("/")), StringComparison.Ordinal);
        }

        await Eventually.Async(async () => Assert.Equal($"{Versions} 2 of {Versions * 2}", await gateway.Client.TextAsync(tenant.Url("/"))));
    }

    private static string App(string value, string kind, string imports = "") => PythonApps.Answering(imports + Answer.Replace("VALUE", value, StringComparison.Ordinal), kind);

    /// <summary>As editors save: under another name, then renamed.</summary>
    private static void Replace(Tenant tenant, string path, string content)
    {
        tenant.Write(path + ".tmp", content);
        File.Move(Path.Combine(tenant.Directory, path + ".tmp"), Path.Combine(tenant.Directory, path), overwrite: true);
    }

    /// <summary>How often it has been loaded again. By what the gateway knows: what it logs may come later than an answer.</summary>
    private static async Task<int> ReloadsAsync(SharedGateway gateway, Tenant tenant) =>
        (await gateway.Process.Admin!.FindAsync(tenant.Directory))!.Value.GetProperty("generation").GetInt32() - 1;

    private static async Task<HttpStatusCode> StatusAsync(SharedGateway gateway, Uri url)
    {
        using var response = await gateway.Client.GetAsync(url);
        return response.StatusCode;
    }

    private Task<SharedGateway> GatewayAsync() => gateways.ForAsync(InstalledPythons.Default);
}
