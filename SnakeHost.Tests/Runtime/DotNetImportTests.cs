using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Runtime;

/// <summary><c>import clr</c>, with the package pythonnet and without.</summary>
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

    public static bool HasPythonNet { get; } = File.Exists(Path.Join(Path.GetDirectoryName(GatewayLocation.Assembly), "Python.Runtime.dll"));

    public static bool LacksPythonNet => !HasPythonNet;

    public static TheoryData<string> Pythons => [.. InstalledPythons.All.Select(python => python.Data)];

    [Theory(Skip = "The package feed of this build lacks pythonnet.", SkipUnless = nameof(HasPythonNet)), MemberData(nameof(Pythons))]
    public async Task SeveralApps_AtTheSameMoment_UseDotNet_AndTheGatewayEndsInOrder(string python)
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

    [Fact(Skip = "The package feed of this build lacks pythonnet.", SkipUnless = nameof(HasPythonNet))]
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

    [Fact(Skip = "This build has pythonnet.", SkipUnless = nameof(LacksPythonNet))]
    public async Task WithoutPythonNet_TheImportError_SaysWhy_AndAnAppsOwnClrIsFound()
    {
        using var tenants = new TenantFolder();
        var asks = tenants.Add("asks", ("main.py", PythonApps.Answering("try:\n    import clr\nexcept ImportError as e:\n    error = e\ndef answer(path): return f'{type(error).__name__} {error}'")));
        var own = tenants.Add("own", ("main.py", PythonApps.Answering("import clr\ndef answer(path): return clr.WHOSE")), ("clr.py", "WHOSE = 'mine'\n"));
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root });

        Assert.StartsWith("ImportError clr is not available: this SnakeHost was built from a package feed without pythonnet.", await gateway.Client.TextAsync(asks.Url("/")), StringComparison.Ordinal);
        Assert.Equal("mine", await gateway.Client.TextAsync(own.Url("/")));
        await gateway.StopAsync();
    }
}
