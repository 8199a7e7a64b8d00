using System.Text;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Runtime;

/// <summary><c>import clr</c>.</summary>
public sealed class DotNetImportTests
{
    private const string UsesDotNet =
        """
        import clr
        from System import Math, Version
        from System.Collections.Generic import List

        def answer(path):
            numbers = List[int]()
            numbers.Add(3)
            numbers.Add(4)
            return f"{Math.Sqrt(16.0)} {sum(numbers)} {Version(1, 2)}"
        """;

    /// <summary>How often each Python is put to the race. Minutes of work where somebody looks for it: <c>SNAKEHOST_TESTS_STARTS=50</c>.</summary>
    private static int Starts { get; } = int.TryParse(Environment.GetEnvironmentVariable("SNAKEHOST_TESTS_STARTS"), out var starts) ? starts : 5;

    private const string Asks =
        """
        try:
            import clr
        except ImportError as e:
            error = e
        def answer(path):
            return f"{type(error).__name__} {error}"
        """;

    private static readonly string s_library = Path.Join(Path.GetDirectoryName(GatewayLocation.Assembly), "Python.Runtime.dll");

    /// <summary>Those that Python.NET knows: it has a table of offsets for each version of Python.</summary>
    public static TheoryData<string> Pythons => [.. InstalledPythons.Builds.Where(IsKnown)];

    /// <summary>The rest of them; a single row that skips when there are none.</summary>
    public static TheoryData<string> UnknownPythons
    {
        get
        {
            var unknown = InstalledPythons.Builds.Where(python => !IsKnown(python)).ToList();
            return unknown.Count > 0 ? [.. unknown] : [new TheoryDataRow<string>("python3") { Skip = "Python.NET knows every installed Python." }];
        }
    }

    /// <summary>A race: without the remedy (DotNetBridge.UseCollections) about one start in twelve ended with two locks that wait for each other.</summary>
    [Theory, MemberData(nameof(Pythons))]
    public async Task SeveralApps_AtTheSameMoment_UseDotNet_AndTheGatewayEndsInOrder(string python)
    {
        for (var start = 0; start < Starts; start++)
            await UseDotNetAtTheSameMomentAsync(python);
    }

    private static async Task UseDotNetAtTheSameMomentAsync(string python)
    {
        using var tenants = new TenantFolder();
        var red = tenants.Add("red", ("main.py", PythonApps.Answering(UsesDotNet)));
        var blue = tenants.Add("blue", ("main.py", PythonApps.Answering(UsesDotNet, "asgi")));
        var late = tenants.Add("late", ("main.py", PythonApps.Answering("def answer(path):\n    import clr, System\n    return System.Guid.Empty", "asgi")));
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root, Python = python });

        var answers = await Task.WhenAll(new[] { late, red, blue }.Select(tenant => gateway.Client.TextAsync(tenant.Url("/"))));
        Assert.Equal([Guid.Empty.ToString(), "4.0 7 1.2", "4.0 7 1.2"], answers);

        red.Write("main.py", PythonApps.Answering(UsesDotNet.Replace("16.0", "25.0", StringComparison.Ordinal)));
        Assert.Equal("5.0 7 1.2", await gateway.Client.TextAsync(red.Url("/")));
        await gateway.StopAsync();
    }

    [Fact]
    public async Task WhatDoesNotEndWithDotNet_IsLeftBehind()
    {
        using var tenants = new TenantFolder();
        var app = tenants.Add("app", ("main.py", PythonApps.Answering(
            """
            import clr, ctypes
            from Python.Runtime import PythonEngine

            libc = ctypes.CDLL(None)
            libc.__cxa_atexit(libc.abort, None, None)  # as what an exit in order takes away crashes who still uses it

            def spin():
                while True:
                    pass

            PythonEngine.AddShutdownHandler(PythonEngine.ShutdownHandler(spin))
            def answer(path): return "here"
            """)));
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root });

        Assert.Equal("here", await gateway.Client.TextAsync(app.Url("/")));
        await gateway.StopAsync();
        Assert.Contains("Python's exit functions did not return.", gateway.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAppsOwnClr_IsItsOwn()
    {
        using var tenants = new TenantFolder();
        var own = tenants.Add("own", ("main.py", PythonApps.Answering("import clr\ndef answer(path): return clr.WHOSE")), ("clr.py", "WHOSE = 'mine'\n"));
        var other = tenants.Add("other", ("main.py", PythonApps.Answering(UsesDotNet)));
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root });

        Assert.Equal("4.0 7 1.2", await gateway.Client.TextAsync(other.Url("/")));
        Assert.Equal("mine", await gateway.Client.TextAsync(own.Url("/")));
        await gateway.StopAsync();
    }

    [Theory, MemberData(nameof(UnknownPythons))]
    public async Task OnAPythonThatPythonNetDoesNotKnow_EachAppIsToldTheReason(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root, Python = python });

        foreach (var name in new[] { "first", "second" })
        {
            var app = tenants.Add(name, ("main.py", PythonApps.Answering(Asks)));
            Assert.StartsWith("ImportError clr is not available: Python.NET does not start on this Python. Python ABI v3.", await gateway.Client.TextAsync(app.Url("/")), StringComparison.Ordinal);
        }

        await gateway.StopAsync();
    }

    internal static bool IsKnown(string python) =>
        File.ReadAllBytes(s_library).AsSpan().IndexOf(Encoding.ASCII.GetBytes($"TypeOffset3{InstalledPythons.VersionOf(python).Minor}")) >= 0;
}
