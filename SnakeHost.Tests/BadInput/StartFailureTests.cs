using System.Net;
using System.Net.Sockets;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.BadInput;

/// <summary>A gateway that cannot start says why in one sentence on stderr and exits: 2 for what the user wrote, 1 for what the machine lacks.</summary>
public sealed class StartFailureTests
{
    [Fact]
    public async Task AnInterpreterThatIsMissing_IsNamed() =>
        await FailsAsync(new() { Python = "/nowhere/python3" }, code: 1, "/nowhere/python3");

    [Fact]
    public async Task AnInterpreterThatIsNone_IsNamed() =>
        await FailsAsync(new() { Python = "/bin/false" }, code: 1, "/bin/false");

    [Fact]
    public async Task AnInterpreterWithoutSharedLibrary_IsRefusedWithTheRemedy()
    {
        using var folder = new TenantFolder();
        var python = FakePython.Write(folder.Add("static"),
            """
            import sysconfig

            real = sysconfig.get_config_vars
            lies = {"Py_ENABLE_SHARED": 0, "LDLIBRARY": "libpython0.0.a", "INSTSONAME": "libpython0.0.a", "LIBDIR": "/nowhere", "LIBPL": "/nowhere", "LDLIBRARYDIR": ""}
            real().update(lies)
            """);

        await FailsAsync(new() { Python = python }, code: 1, python, "shared");
    }

    [Theory]
    [InlineData("(3, 9, 18)", "3.9")]
    [InlineData("(3, 16, 0)", "3.16")]
    [InlineData("(2, 7, 18)", "2.7")]
    public async Task AVersionThatIsNotSupported_IsRefusedWithTheRange(string version, string named)
    {
        using var folder = new TenantFolder();
        var python = FakePython.Write(folder.Add("old"),
            $"""
            import platform, sys, sysconfig

            real = sys.version_info
            class Version(tuple):
                major, minor, micro, releaselevel, serial = *{version}, "final", 0
            sys.version_info = Version(({version[1..^1]}, "final", 0))
            sys.version = "{version[1..^1].Replace(", ", ".", StringComparison.Ordinal)} (pretended)"
            sys.hexversion = int("%02x%02x%02xf0" % {version}, 16)
            platform.python_version = lambda: "%d.%d.%d" % {version}
            sysconfig.get_python_version = lambda: "%d.%d" % {version}[:2]
            sysconfig.get_config_vars()["VERSION"] = "%d.%d" % {version}[:2]
            sysconfig.get_config_vars()["py_version"] = "%d.%d.%d" % {version}
            sysconfig.get_config_vars()["py_version_short"] = "%d.%d" % {version}[:2]
            """);

        await FailsAsync(new() { Python = python }, code: 1, named, "3.10", "3.15");
    }

    [Fact]
    public async Task APortInUse_IsNamed()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = taken.LocalEndpoint.ToString()!;

        await FailsAsync(new() { Listen = address, Python = InstalledPythons.Default }, code: 1, address);
        await FailsAsync(new() { Admin = address, Python = InstalledPythons.Default }, code: 1, address);
    }

    [Fact]
    public async Task AnAddressThatIsNotThisMachines_IsTold() =>
        await FailsAsync(new() { Listen = "203.0.113.1:9080", Python = InstalledPythons.Default }, code: 1, "assign requested address");

    [Theory]
    [InlineData("--no-such-option", "--no-such-option")]
    [InlineData("--threads=none", "--threads")]
    [InlineData("--lifespan=sometimes", "sometimes")]
    [InlineData("--server-type=php", "php")]
    [InlineData("--start-timeout=soon", "soon")]
    [InlineData("--SnakeHost:Tenants:MaxTenants=0", "SnakeHost:Tenants:MaxTenants")]
    [InlineData("--SnakeHost:Tenants:MaxTenants=many", "SnakeHost:Tenants:MaxTenants")]
    [InlineData("--SnakeHost:Tenants:LoadTimeout=-5", "SnakeHost:Tenants:LoadTimeout")]
    [InlineData("--SnakeHost:Routes:0:Interface=php", "SnakeHost:Routes:0:Interface")]
    [InlineData("--SnakeHost:Routes:0:WorkingDirectory={http.request.nonsense}", "http.request.nonsense")]
    [InlineData("--SnakeHost:Routes:0:App=not a module", "not a module")]
    [InlineData("--SnakeHost:Routes:0:Threads=-1", "SnakeHost:Routes:0:Threads")]
    [InlineData("--SnakeHost:Routes:0:Env:LD_PRELOAD=/tmp/x.so", "LD_PRELOAD")]
    public async Task ABadOption_IsNamed(string argument, string named)
    {
        using var tenants = new TenantFolder();

        await FailsAsync(new() { Root = tenants.Root, Python = InstalledPythons.Default, Arguments = [argument] }, code: 2, named);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("127.0.0.1:99999")]
    [InlineData("127.0.0.1:-1")]
    public async Task AnAddressThatIsNone_IsNamed(string address)
    {
        await FailsAsync(new() { Listen = address, Python = InstalledPythons.Default }, code: 2, address);
        await FailsAsync(new() { Admin = address, Python = InstalledPythons.Default }, code: 2, address);
    }

    [Fact]
    public async Task AnAdminThatOthersCouldReach_NeedsAToken() =>
        await FailsAsync(new() { Admin = "0.0.0.0:0", Python = InstalledPythons.Default }, code: 2, "Token");

    [Fact]
    public async Task ARootThatIsMissing_IsNamed() =>
        await FailsAsync(new() { Root = "/nowhere/apps", Python = InstalledPythons.Default }, code: 2, "/nowhere/apps");

    /// <summary>Both start at the same time.</summary>
    [Fact]
    public async Task OfTheHostAndTheInterpreter_TheHostsFailureIsTold()
    {
        using var tenants = new TenantFolder();
        string[] arguments = ["--listen", "https://127.0.0.1:0", "--cert", "/nowhere/cert.pem", "--key", "/nowhere/key.pem"];
        // Each line of stderr that names one of the two counts, so it is the certificate's alone.
        await FailsAsync(new() { Root = tenants.Root, Python = "/nowhere/python3", Arguments = arguments }, code: 2, "/nowhere/");
        await FailsAsync(new() { Root = tenants.Root, Python = "/nowhere/python3", Arguments = arguments }, code: 2, "/nowhere/cert.pem");
    }

    private static async Task FailsAsync(GatewaySettings settings, int code, params string[] says)
    {
        await using var run = GatewayRun.Start(settings with { Program = GatewaySettings.ByDotNet });

        var actual = await run.WaitForExitAsync();

        var errors = run.Errors.ToString();
        Assert.True(actual == code, $"Exit code {actual} instead of {code}. {run.Describe()}");
        Assert.All(says, word => Assert.Contains(word, errors, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled exception", errors, StringComparison.Ordinal);
        Assert.Single(run.Errors.All, line => says.Any(word => line.Contains(word, StringComparison.Ordinal)));
    }
}
