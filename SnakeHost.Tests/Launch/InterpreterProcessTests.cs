using System.Diagnostics;
using System.Net.Sockets;
using SnakeHost.Gateway.Launch;
using SnakeHost.Tests.BadInput;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Launch;

/// <summary>The gateway in the interpreter's program, and with its library: nobody can tell but by looking at the process.</summary>
public sealed class InterpreterProcessTests
{
    // What an interpreter shows of how it was started; and what launch.py could have left behind.
    internal const string Facts = """
        import json, os, signal, sys, threading

        def facts():
            main = threading.main_thread()
            return {
                "executable": sys.executable, "prefix": sys.prefix, "argv": sys.argv, "orig_argv": sys.orig_argv, "flags": repr(sys.flags),
                "path": [entry for entry in sys.path if not entry.startswith(os.path.dirname(__file__))],
                "ctypes": "ctypes" in sys.modules, "interrupt": callable(signal.getsignal(signal.SIGINT)), "pipe": str(signal.getsignal(signal.SIGPIPE)),
                "main": main.is_alive() and main is not threading.current_thread(), "current": threading.current_thread().name == main.name,
                "environ": sorted(os.environ), "encoding": [sys.getfilesystemencoding(), sys.stdout.encoding], "limit": sys.getrecursionlimit(),
                "__main__": sorted(vars(sys.modules["__main__"])), "threads": len(threading.enumerate()),
            }

        def app(environ, start_response):
            start_response("200 OK", [("Content-Type", "application/json")])
            if environ["PATH_INFO"] == "/ctypes":
                import ctypes
                return [str(ctypes.pythonapi.Py_IsInitialized()).encode()]
            if environ["PATH_INFO"] == "/gen0":
                import ctypes
                library = ctypes.CDLL(None)
                library.getenv.restype = ctypes.c_char_p
                return [library.getenv(b"DOTNET_GCgen0size")]
            return [json.dumps(facts(), indent=1, sort_keys=True).encode()]
        """;

    public static TheoryData<string> Programs { get; } = Find();

    [Conforms(Standard.Gateway, "Interpreter", "in the interpreter's program or with its shared library: an app sees the same, and the gateway ends in the same way")]
    [Theory, MemberData(nameof(Programs))]
    public async Task InItsProgramOrWithItsLibrary_AnAppSeesTheSame(string python)
    {
        using var tenants = new TenantFolder();
        var app = tenants.Add("facts", ("main.py", Facts));

        var inside = await ServeAsync(tenants, app, python, "Executable", RealPath(python));
        var beside = await ServeAsync(tenants, app, python, "Library", RealPath(Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : FindOnPath("dotnet")));

        Assert.Equal(beside, inside);
    }

    [Fact]
    public async Task APython3OnPath_ThatIsAScript_IsTheInterpreterThatTheScriptStarts()
    {
        using var tenants = new TenantFolder();
        using var folder = new TemporaryFolder();
        var app = tenants.Add("who", ("main.py", PythonApps.Answering("import sys\ndef answer(path): return sys.executable")));
        // As version managers put one there.
        var shim = folder.File("shims/python3", $"#!/bin/sh\nexec '{InstalledPythons.Default}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(shim, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await using var gateway = await GatewayProcess.StartAsync(new()
        {
            Root = tenants.Root,
            Environment = new Dictionary<string, string> { ["PATH"] = $"{Path.GetDirectoryName(shim)}:{Environment.GetEnvironmentVariable("PATH")}" },
        });

        Assert.Equal(InstalledPythons.Default, await gateway.Client.TextAsync(app.Url("/")));
        await gateway.StopAsync();
    }

    [Theory, MemberData(nameof(Programs))]
    public async Task ByDefault_ItRunsInTheProgram_UnderTheSameProcessIdAndItsOwnName(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Program = GatewaySettings.ByDotNet, Python = python, Root = tenants.Root });

        Assert.Equal(RealPath(python), RealPath($"/proc/{gateway.Id}/exe"));
        Assert.Equal("SnakeHost.Gateway"[..15], (await File.ReadAllTextAsync($"/proc/{gateway.Id}/comm", TestContext.Current.CancellationToken)).Trim());

        await gateway.StopAsync();
    }

    [Theory, MemberData(nameof(Programs))]
    public async Task ToolsForDotNet_ReachIt(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Program = GatewaySettings.ByDotNet, Python = python, Root = tenants.Root });

        // The .NET that was there before the interpreter had one of the same name.
        var port = Assert.Single(Directory.EnumerateFiles(Path.GetTempPath(), $"dotnet-diagnostic-{gateway.Id}-*-socket"));
        using var tool = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await tool.ConnectAsync(new UnixDomainSocketEndPoint(port), TestContext.Current.CancellationToken);
    }

    [Theory, MemberData(nameof(Programs))]
    public async Task TheCollectorsFirstGeneration_IsLarge_UnlessTheUserSaysOtherwise(string python)
    {
        using var tenants = new TenantFolder();
        var app = tenants.Add("facts", ("main.py", Facts));
        foreach (var (environment, expected) in new (Dictionary<string, string>, string)[] { ([], "1000000"), (new() { ["DOTNET_GCgen0size"] = "2000000" }, "2000000") })
        {
            await using var gateway = await GatewayProcess.StartAsync(new() { Program = GatewaySettings.ByDotNet, Python = python, Root = tenants.Root, Environment = environment });
            Assert.Equal(expected, await gateway.Client.TextAsync(app.Url("/gen0")));
        }
    }

    [Theory, MemberData(nameof(Programs))]
    public async Task WhereItsCodeIsWatched_ItStaysWhereItIs(string python)
    {
        using var tenants = new TenantFolder();
        foreach (var (name, value) in new[] { ("DOTNET_WATCH", "1"), ("CORECLR_ENABLE_PROFILING", "1") })
        {
            await using var gateway = await GatewayProcess.StartAsync(new() { Program = GatewaySettings.ByDotNet, Python = python, Root = tenants.Root, Environment = new Dictionary<string, string> { [name] = value } });
            Assert.NotEqual(RealPath(python), RealPath($"/proc/{gateway.Id}/exe"));
        }
    }

    [Theory, MemberData(nameof(Programs))]
    public async Task WhatTheEnvironmentsOwnSettingsSay_IsHeardBeforeThereIsAHost(string python)
    {
        using var folder = new TemporaryFolder();
        folder.File("appsettings.json", "{}");
        folder.File("appsettings.One.json", "{ \"SnakeHost\": { \"Python\": { \"Embedding\": \"Library\" } } }");
        folder.File("appsettings.Two.json", "{ \"SnakeHost\": { \"Python\": { \"Executable\": \"/nowhere/python3\" } } }");
        // Where both are set, the host goes by the first; so must what comes before it.
        var program = await ProgramInAsync(folder, python, new() { ["DOTNET_ENVIRONMENT"] = "One", ["ASPNETCORE_ENVIRONMENT"] = "Two" });

        Assert.NotEqual(RealPath(python), program);
    }

    [Theory, MemberData(nameof(Programs))]
    public async Task ASettingsFileOfAnotherEnvironment_NeedNotBeReadable(string python)
    {
        using var folder = new TemporaryFolder();
        folder.File("appsettings.json", "{}");
        File.CreateSymbolicLink(Path.Join(folder.Path, "appsettings.Old.json"), "/nowhere/appsettings.json");

        Assert.Equal(RealPath(python), await ProgramInAsync(folder, python, []));
    }

    [Theory, MemberData(nameof(Programs))]
    public async Task TheEnvironmentIsHeard_HoweverItIsSpelled_AndArgumentsBeforeIt(string python)
    {
        using var tenants = new TenantFolder();
        foreach (var name in new[] { "snakehost__PYTHON__embedding", "SnakeHost:Python:Embedding" })
        {
            Dictionary<string, string> environment = new() { [name] = "library" };
            await using var beside = await GatewayProcess.StartAsync(new() { Program = GatewaySettings.ByDotNet, Python = python, Root = tenants.Root, Environment = environment });
            Assert.NotEqual(RealPath(python), RealPath($"/proc/{beside.Id}/exe"));

            await using var inside = await GatewayProcess.StartAsync(new()
            {
                Program = GatewaySettings.ByDotNet,
                Python = python,
                Root = tenants.Root,
                Environment = environment,
                Arguments = ["--SnakeHost:Python:Embedding", "executable"],
            });
            Assert.Equal(RealPath(python), RealPath($"/proc/{inside.Id}/exe"));
        }
    }

    [Theory, MemberData(nameof(Programs))]
    public async Task WhatIsWrongWithTheConfiguration_IsToldAsEver(string python)
    {
        await using var run = GatewayRun.Start(new() { Program = GatewaySettings.ByDotNet, Python = python, Arguments = ["--no-such-option"] });

        Assert.Equal(2, await run.WaitForExitAsync());
        Assert.Contains("--no-such-option", run.Errors.ToString(), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Programs))]
    public async Task AnotherInterpreterThanTheHostAsksFor_IsRefused(string python)
    {
        var location = GatewayLocation.Assembly;
        var host = File.ReadLines("/proc/self/maps").First(line => line.EndsWith("/libhostfxr.so", StringComparison.Ordinal));
        var start = new ProcessStartInfo(python, [
            Path.Join(Path.GetDirectoryName(location), "Launch", "launch.py"), host[host.IndexOf('/', StringComparison.Ordinal)..], location, "name", "one",
            "--listen", "127.0.0.1:0", "--admin", "off", "--SnakeHost:Python:Executable=another"])
        {
            RedirectStandardError = true,
        };
        using var process = ChildProcess.Start(start);

        var said = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, process.ExitCode);
        Assert.Contains("'another'", said, StringComparison.Ordinal);
        Assert.Contains("'one'", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AProgramThatDoesNotContainIt_IsRefusedWhenAskedFor()
    {
        using var folder = new TenantFolder();
        var script = FakePython.Write(folder.Add("script"), "");

        await using var run = GatewayRun.Start(new() { Program = GatewaySettings.ByDotNet, Python = script, Arguments = ["--SnakeHost:Python:Embedding=Executable"] });

        Assert.Equal(1, await run.WaitForExitAsync());
        Assert.Contains($"SnakeHost:Python:Embedding is Executable, but SnakeHost:Python:Executable '{script}'", run.Errors.ToString(), StringComparison.Ordinal);
    }

    /// <summary>The program that a gateway runs in whose current directory that is.</summary>
    private static async Task<string> ProgramInAsync(TemporaryFolder folder, string python, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("dotnet", [GatewayLocation.Assembly, "--root", folder.Folder("apps"), "--listen", "127.0.0.1:0", "--admin", "off"])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["SNAKEHOST_LIFELINE"] = "stdin" },
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        if (InstalledPythons.Default != python)
            start.Environment["SnakeHost__Python__Executable"] = python;
        using var process = ChildProcess.Start(start);

        string? line;
        do
            line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        while (line?.StartsWith("SnakeHost is listening on", StringComparison.Ordinal) == false);
        Assert.NotNull(line);
        var program = RealPath($"/proc/{process.Id}/exe");

        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return program;
    }

    private static async Task<string> ServeAsync(TenantFolder tenants, Tenant app, string python, string embedding, string program)
    {
        await using var gateway = await GatewayProcess.StartAsync(new() { Program = GatewaySettings.ByDotNet, Python = python, Root = tenants.Root, Arguments = [$"--SnakeHost:Python:Embedding={embedding}"] });
        Assert.Equal(program, RealPath($"/proc/{gateway.Id}/exe"));
        var facts = await gateway.Client.TextAsync(app.Url("/"));
        Assert.Equal("1", await gateway.Client.TextAsync(app.Url("/ctypes")));
        await gateway.StopAsync();
        return facts;
    }

    private static TheoryData<string> Find()
    {
        var able = InstalledPythons.Builds.Where(python => OperatingSystem.IsLinux() && ElfFile.Defines(python, "PyModule_AddObjectRef")).ToList();
        return able.Count > 0
            ? new TheoryData<string>(able)
            : new TheoryData<string> { new TheoryDataRow<string>("python3") { Skip = "No installed Python contains the interpreter in its program." } };
    }

    private static string RealPath(string path) => Gateway.Configuration.RealPath.Resolve(path)!;

    private static string FindOnPath(string name) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Select(folder => Path.Join(folder, name)).First(File.Exists);
}
