using System.Net;
using System.Net.Sockets;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Isolation;

/// <summary>Debuggers and profilers that attach to the gateway from outside. Debuggers get a gateway of their own: they change its subprocesses and breakpoints for all its apps.</summary>
public sealed class DebuggerTests(SharedGateways gateways)
{
    private const string Hello = """
        def app(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"hello"]
        """;

    private const string Execute = """
        import sys
        sys.remote_exec(int(sys.argv[1]), sys.argv[2])
        """;

    /// <summary>Reads the answer to a first command, then leaves.</summary>
    private const string Attach = """
        import subprocess, sys
        client = subprocess.run([sys.executable, "-m", "pdb", "-p", sys.argv[1]], input="p 6 * 7\nquit\n", capture_output=True, text=True, timeout=80)
        print(client.stdout, client.stderr)
        """;

    /// <summary>Idle threads of WSGI apps: those whose innermost frame is the one that the gateway keeps there.</summary>
    private const string Idle = """
        import sys

        def app(environ, start_response):
            idle = [frame for frame in sys._current_frames().values() if frame.f_code.co_name == "serve" and frame.f_back is None]
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [str(len(idle) > 0).encode()]
        """;

    public static TheoryData<string> WithRemoteExecution => Since(14);

    public static TheoryData<string> WithDebugpy => InstalledPythons.WithModule("debugpy");

    public static TheoryData<string> WithSampling => InstalledPythons.WithModule("profiling.sampling");

    [Theory, MemberData(nameof(WithRemoteExecution))]
    public async Task AScriptForTheMainThread_IsRun(string python)
    {
        using var folder = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = folder.Root, Python = python });
        var (script, result) = (Path.Combine(folder.Root, "script.py"), Path.Combine(folder.Root, "result"));
        await File.WriteAllTextAsync(script, $"import os, threading\nopen({Quote(result)}, 'w').close() if threading.current_thread() is threading.main_thread() else None\n", TestContext.Current.CancellationToken);

        await PythonProcess.RunAsync(python, Execute, $"{gateway.Id}", script);

        await Eventually.Async(() =>
        {
            Assert.True(File.Exists(result));
            return Task.CompletedTask;
        });
    }

    [Theory, MemberData(nameof(WithRemoteExecution))]
    public async Task ADebuggerAttaches_AndLeavesAgain(string python)
    {
        using var folder = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = folder.Root, Python = python });
        var app = folder.Add("app", ("main.py", Hello));

        // Twice: what the first one leaves behind must not keep the second one out.
        Assert.Contains("42", await PythonProcess.RunAsync(python, Attach, $"{gateway.Id}"), StringComparison.Ordinal);
        Assert.Contains("42", await PythonProcess.RunAsync(python, Attach, $"{gateway.Id}"), StringComparison.Ordinal);

        Assert.Equal("hello", await gateway.Client.TextAsync(app.Url("/")));
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task AnIdleThread_HasAFrame(string python)
    {
        var idle = await ServedApp.OfAsync(gateways, python, Hello);
        Assert.Equal("hello", await idle.TextAsync());
        var app = await ServedApp.OfAsync(gateways, python, Idle);

        await Eventually.Async(async () => Assert.Equal("True", await app.TextAsync()));
    }

    [Theory, MemberData(nameof(WithSampling))]
    public async Task AProfilerReadsTheStacksOfIdleThreads(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, Hello);
        Assert.Equal("hello", await app.TextAsync());

        var stacks = await PythonProcess.ProgramAsync(python, "-m", "profiling.sampling", "dump", "-a", $"{app.Gateway.Process.Id}");

        Assert.Contains("bottom.py", stacks, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(WithDebugpy))]
    public async Task AnEditorAttachesByDebugpy_AfterASave_AndInASecondAppToo(string python)
    {
        var port = Loopback.FreeAddress().Port;
        using var folder = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = folder.Root, Python = python });
        var (first, second) = (folder.Add("first", ("main.py", Debugged(port, "first"))), folder.Add("second", ("main.py", Debugged(port, "second"))));
        Assert.Equal("first", await gateway.Client.TextAsync(first.Url("/")));
        Assert.Equal("second", await gateway.Client.TextAsync(second.Url("/")));
        first.Write("main.py", Debugged(port, "saved"));
        Assert.Equal("saved", await gateway.Client.TextAsync(first.Url("/")));

        await using var editor = await DebugAdapterClient.AttachAsync(port, first.Main(), 6);
        var request = gateway.Client.TextAsync(first.Url("/"));
        var (thread, frame, _) = await editor.StopAsync();
        Assert.Equal(("app", "42"), (frame.GetProperty("name").GetString(), await editor.EvaluateAsync(frame, "value * 2")));
        await editor.BreakAsync(first.Main());
        await editor.ContinueAsync(thread);

        Assert.Equal("saved", await request);
        await editor.DisconnectAsync();
        Assert.Equal("second", await gateway.Client.TextAsync(second.Url("/")));
    }

    private static string Debugged(int port, string answer) => $"""
        import debugpy
        debugpy.listen({port})

        def app(environ, start_response):
            value = 21
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"{answer}"]
        """;

    private static string Quote(string text) => $"'{text}'";

    private static TheoryData<string> Since(int minor)
    {
        var able = InstalledPythons.Executables.Where(python => InstalledPythons.VersionOf(python).Minor >= minor).ToList();
        return able.Count > 0
            ? new TheoryData<string>(able)
            : new TheoryData<string> { new TheoryDataRow<string>("python3") { Skip = $"No Python 3.{minor} is installed." } };
    }
}
