using System.Net;
using System.Text.Json;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Commands;

/// <summary>Environments that <c>snakehost sync</c> and the admin listener make, while the gateway serves the apps; the packages are wheels of the test's.</summary>
public sealed class SyncTests : IDisposable
{
    private static readonly string s_app = PythonApps.Answering("import sys\nimport kit\ndef answer(path): return kit.VALUE + ' ' + sys.prefix");

    private readonly TemporaryFolder _folder = new();
    private readonly TenantFolder _apps = new();
    private readonly WheelIndex _wheels;

    public SyncTests() => _wheels = new WheelIndex(_folder.Folder("wheels"));

    private static CancellationToken Ended => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _folder.Dispose();
        _apps.Dispose();
    }

    [Fact]
    public async Task AppsThatLackTheirPackages_SaySo_AndHaveThemWithoutARestart()
    {
        Assert.SkipUnless(WheelIndex.IsUsable, WheelIndex.WhyNot);
        await _wheels.AddAsync("kit", "1.0", ("kit.py", "VALUE = 'one'"));
        await _wheels.AddAsync("kit", "2.0", ("kit.py", "VALUE = 'two'"));
        var shop = _apps.AddUnique("shop", ("main.py", s_app), ("requirements.txt", "kit==1.0\n"));
        var blog = _apps.AddUnique("blog", ("main.py", s_app), ("requirements.txt", "kit\n"), (".venv/pyvenv.cfg", "home = /nowhere\nversion = 3.9.1\n"));
        _apps.AddUnique("plain", ("main.py", s_app));
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = _apps.Root, Environment = _wheels.Environment });

        Assert.Contains(
            $"requirements.txt says which packages this app needs, and there is no virtual environment that has them. This makes it, and the next request uses it: dotnet {GatewayLocation.Assembly} sync {shop.Directory}",
            await FailureAsync(gateway, shop), StringComparison.Ordinal);
        var before = await gateway.Admin!.FindAsync(shop.Directory);
        Assert.True(before!.Value.GetProperty("lacksPackages").GetBoolean());

        // All that the folder holds; what is wrong with one holds up no other.
        var (exitCode, output) = await SyncAsync();
        Assert.True(exitCode == 1, output);
        var python = InstalledPythons.Default == "python3" ? "" : $" --SnakeHost:Python:Executable={InstalledPythons.Default}";
        Assert.Contains($"[1/2] {blog.Directory}\n", output, StringComparison.Ordinal);
        Assert.Contains($"[2/2] {shop.Directory}\n", output, StringComparison.Ordinal);
        Assert.Contains($"\n{shop.Name}: ready after ", output, StringComparison.Ordinal);
        Assert.Contains($"{blog.Name}: {blog.Directory}/.venv was made with a Python 3.9 that is no longer there (/nowhere): dotnet {GatewayLocation.Assembly} sync{python} --recreate {blog.Directory} makes it anew", output, StringComparison.Ordinal);
        Assert.Contains($"1 of 2 apps have not got their packages: {blog.Name}.\n", output, StringComparison.Ordinal);
        Assert.Equal($"one {shop.Directory}/.venv", await gateway.Client.TextAsync(shop.Url("/")));
        var after = await gateway.Admin.FindAsync(shop.Directory);
        Assert.Equal((before.Value.GetProperty("id").GetString(), false, $"{shop.Directory}/.venv"), (after!.Value.GetProperty("id").GetString(), after.Value.GetProperty("lacksPackages").GetBoolean(), after.Value.GetProperty("venv").GetString()));

        (exitCode, output) = await SyncAsync(shop.Directory);
        Assert.Equal((0, $"{shop.Name}: nothing to do: all that requirements.txt says is installed.\n"), (exitCode, output));
        shop.Write("requirements.txt", "kit==2.0\n");
        (exitCode, output) = await SyncAsync(shop.Directory);
        Assert.True(exitCode == 0, output);
        Assert.Equal($"two {shop.Directory}/.venv", await gateway.Client.TextAsync(shop.Url("/")));

        // The environment goes and comes, and the tenant is the same all the time.
        Directory.Delete(Path.Join(shop.Directory, ".venv"), recursive: true);
        Assert.Contains("No module named 'kit'", await FailureAsync(gateway, shop), StringComparison.Ordinal);
        var installed = await InstallAsync(gateway, shop, HttpStatusCode.OK);
        Assert.Equal("loaded", installed.GetProperty("reload").GetProperty("outcome").GetString());
        Assert.StartsWith($"{shop.Name}: ready after ", installed.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal($"two {shop.Directory}/.venv", await gateway.Client.TextAsync(shop.Url("/")));
        Assert.Equal(JsonValueKind.Null, (await InstallAsync(gateway, shop, HttpStatusCode.OK)).GetProperty("reload").ValueKind);

        // An environment that does not have what has been written down since.
        shop.Write("requirements.txt", "kit==2.0\nnowhere-to-be-found\n").Write("main.py", s_app.Replace("import kit", "import kit, nowhere", StringComparison.Ordinal));
        Assert.Contains("Not all packages that requirements.txt names may be installed. This installs them, ", await FailureAsync(gateway, shop), StringComparison.Ordinal);
        var refused = (await InstallAsync(gateway, shop, HttpStatusCode.Conflict)).GetProperty("detail").GetString()!;
        Assert.StartsWith($"{shop.Name}: pip cannot install what requirements.txt says: the index has no nowhere-to-be-found for Python 3.", refused, StringComparison.Ordinal);
        Assert.Equal(refused, await LogAsync(gateway, shop));
        await gateway.StopAsync();
    }

    [Fact]
    public async Task WithoutAutoreload_AndInSeveralGateways_AllLoadTheAppAnew()
    {
        Assert.SkipUnless(WheelIndex.IsUsable, WheelIndex.WhyNot);
        await _wheels.AddAsync("kit", "1.0", ("kit.py", "VALUE = 'one'"));
        var app = _apps.AddUnique("alone", ("main.py", s_app), ("requirements.txt", "kit\n"));
        await VirtualEnvironment.MakeWithPipAsync(InstalledPythons.Default, Path.Join(app.Directory, ".venv"));
        await using var gateway = await GatewayProcess.StartAsync(new()
        {
            Root = _apps.Root,
            Environment = _wheels.Environment,
            Arguments = ["--workers", "2", "--autoreload", "false", "--SnakeHost:Tenants:FailureCacheDuration=1h"],
        });
        using (var start = await gateway.Admin!.Client.PostAsync(new Uri($"http://localhost/api/tenants?url={Uri.EscapeDataString(app.Url("/").AbsoluteUri)}"), content: null, Ended))
            Assert.Contains("\"failed\"", await start.TextAsync(HttpStatusCode.OK), StringComparison.Ordinal);

        Assert.Equal("loaded", (await InstallAsync(gateway, app, HttpStatusCode.OK)).GetProperty("reload").GetProperty("outcome").GetString());
        var states = (await gateway.Admin.FindAsync(app.Directory))!.Value.GetProperty("workers").EnumerateArray().Select(static worker => worker.GetProperty("state").GetString());
        Assert.Equal(["ready", "ready"], states);
        Assert.Equal($"one {app.Directory}/.venv", await gateway.Client.TextAsync(app.Url("/")));

        // Of a file nobody knows whether it has changed: it is installed each time, and loaded.
        app.Write("requirements.txt", $"{_folder.Path}/wheels/kit-1.0-py3-none-any.whl\n");
        for (var time = 0; time < 2; time++)
            Assert.Equal("loaded", (await InstallAsync(gateway, app, HttpStatusCode.OK)).GetProperty("reload").GetProperty("outcome").GetString());
        await gateway.StopAsync();
    }

    [Fact]
    public async Task AnEnvironmentThatRoutesName_IsMadeOnceForAll_ByTheCommandOfTheErrorPage()
    {
        Assert.SkipUnless(WheelIndex.IsUsable, WheelIndex.WhyNot);
        await _wheels.AddAsync("kit", "1.0", ("kit.py", "VALUE = 'one'"));
        await _wheels.AddAsync("more", "1.0", ("more.py", "VALUE = 'more'"));
        var venv = Path.Join(_folder.Path, "shared");
        string[] route = [$"--SnakeHost:RouteDefaults:Venv={venv}"];
        var shop = _apps.AddUnique("shop", ("main.py", s_app), ("requirements.txt", "kit\n"));
        var blog = _apps.AddUnique("blog", ("main.py", s_app.Replace("import kit", "import more as kit", StringComparison.Ordinal)), ("requirements.txt", "more\n"));
        await VirtualEnvironment.MakeWithPipAsync(InstalledPythons.Default, venv);
        foreach (string[] options in new string[][] { [], ["--recreate"] })
        {
            var (exitCode, output) = await SyncAsync([.. options, .. route]);
            Assert.True(exitCode == 0, output);
            Assert.Equal(options.Length, output.Split($"removes {venv}.").Length - 1);
            Assert.Equal(2, output.Split(": ready after ").Length - 1);
        }

        Assert.False(Directory.Exists(Path.Join(shop.Directory, ".venv")));

        // Begun by a Python that nobody would find on PATH, and without the setting: the command has both.
        var python = _folder.Link("python", InstalledPythons.Default);
        var script = Path.Join(Path.GetDirectoryName(GatewayLocation.Assembly), "gateway.py");
        await using var gateway = await GatewayProcess.StartAsync(new() { Program = [python, script], Root = _apps.Root, Environment = _wheels.Environment, Arguments = route });
        Assert.Equal(($"one {venv}", $"more {venv}"), (await gateway.Client.TextAsync(shop.Url("/")), await gateway.Client.TextAsync(blog.Url("/"))));
        await _wheels.AddAsync("late", "1.0", ("late.py", ""));
        shop.Write("requirements.txt", "kit\nlate\n").Write("main.py", s_app.Replace("import kit", "import kit, late", StringComparison.Ordinal));
        var command = $"{python} {script} sync --venv {venv} {shop.Directory}";
        Assert.Contains($"This installs them, and the next request uses them: {command}", await FailureAsync(gateway, shop), StringComparison.Ordinal);
        var said = await PythonProcess.ProgramAsync("env", [.. _wheels.Environment.Select(static variable => $"{variable.Key}={variable.Value}"), .. command.Split(' ')]);
        Assert.Contains($"{shop.Name}: ready after ", said, StringComparison.Ordinal);
        Assert.Equal($"one {venv}", await gateway.Client.TextAsync(shop.Url("/")));
        await gateway.StopAsync();
    }

    [Fact]
    public async Task AFolderThatIsNotThere_AndOneWithoutApps()
    {
        Assert.Equal((2, $"There is no folder {_folder.Path}/none.\n"), await CommandRun.RunAsync(_folder.Path, ["sync", "none"]));
        _apps.AddUnique("plain", ("main.py", s_app));
        Assert.Equal((0, $"Nothing to do: no app in {_apps.Root} says which packages it needs.\n"), await SyncAsync());
    }

    private static async Task<string> FailureAsync(GatewayProcess gateway, Tenant app)
    {
        using var response = await gateway.Client.GetAsync(app.Url("/"), Ended);
        return await response.TextAsync(HttpStatusCode.InternalServerError);
    }

    private static async Task<JsonElement> InstallAsync(GatewayProcess gateway, Tenant app, HttpStatusCode expected)
    {
        var id = (await gateway.Admin!.FindAsync(app.Directory))!.Value.GetProperty("id").GetString();
        using var response = await gateway.Admin.Client.PostAsync(new Uri($"http://localhost/api/tenants/{id}/install"), content: null, Ended);
        return JsonSerializer.Deserialize<JsonElement>(await response.TextAsync(expected));
    }

    /// <summary>What has been said of the app, up to the error.</summary>
    private static async Task<string> LogAsync(GatewayProcess gateway, Tenant app)
    {
        await using var stream = await gateway.Admin!.Client.GetStreamAsync(new Uri($"http://localhost/api/tenants/{app.Name}/log"), Ended);
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(Ended) is { } line)
        {
            if (line.StartsWith("data:", StringComparison.Ordinal) && JsonSerializer.Deserialize<JsonElement>(line["data:".Length..]) is var data && data.GetProperty("text").GetString()!.Contains("pip cannot install", StringComparison.Ordinal))
                return data.GetProperty("text").GetString()!;
        }

        return "";
    }

    private Task<(int ExitCode, string Output)> SyncAsync(params string[] arguments) =>
        CommandRun.RunAsync(_folder.Path, ["sync", .. arguments, $"--SnakeHost:Root={_apps.Root}", $"--SnakeHost:Python:Executable={InstalledPythons.Default}"], _wheels.Environment);
}
