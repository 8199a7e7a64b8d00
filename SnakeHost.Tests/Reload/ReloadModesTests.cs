using System.Diagnostics;
using System.Globalization;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Reload;

/// <summary>Gateways that watch in another way, or not at all.</summary>
public sealed class ReloadModesTests
{
    private static readonly string[] s_withoutInotify = ["unshare", "-Ur", "sh", "-c", "echo 0 > /proc/sys/user/max_inotify_instances && exec \"$@\"", "sh"];

    public static bool IsLinux => OperatingSystem.IsLinux();

    [Fact]
    public async Task InPollingMode_EveryRequestAfterASaveSeesItToo()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await StartAsync(tenants, "--SnakeHost:Reload:Polling=true");
        var tenant = tenants.Add("polled");
        for (var i = 0; i < 10; i++)
        {
            tenant.Write("main.py", App(new string('x', i + 1)));
            Assert.Equal(new string('x', i + 1), await gateway.Client.TextAsync(tenant.Url("/")));
        }

        await gateway.StopAsync();
    }

    [Fact]
    public async Task InPollingMode_TheReloadComesByItself()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await StartAsync(tenants, "--SnakeHost:Reload:Polling=true", "--SnakeHost:Reload:PollingInterval=00:00:00.050");
        var tenant = tenants.Add("polled", ("main.py", App("one")));
        Assert.Equal("one", await gateway.Client.TextAsync(tenant.Url("/")));

        tenant.Write("main.py", App("another"));

        await gateway.Output.WaitForAsync(line => line.Contains("generation 2 answers", StringComparison.Ordinal), "the reload");
        await gateway.StopAsync();
    }

    [Fact(Skip = "inotify is Linux's", SkipUnless = nameof(IsLinux))]
    public async Task WithoutAnInotifyInstanceLeft_TheGatewayStartsAndPolls()
    {
        Assert.SkipUnless(await CanUnshareAsync(), "This machine lets nobody make a user namespace, which has limits of its own.");
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root, Through = s_withoutInotify });
        var tenant = tenants.Add("polled");
        for (var i = 0; i < 5; i++)
        {
            tenant.Write("main.py", App(new string('x', i + 1)));
            Assert.Equal(new string('x', i + 1), await gateway.Client.TextAsync(tenant.Url("/")));
        }

        await gateway.Output.WaitForAsync(line => line.Contains("No notifications of changes: this user has no inotify instance left", StringComparison.Ordinal), "the warning");
        await gateway.StopAsync();
    }

    [Fact(Skip = "fdinfo is Linux's", SkipUnless = nameof(IsLinux))]
    public async Task WithAutoreloadOff_NothingIsWatchedAndTheOldCodeAnswers()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await StartAsync(tenants, "--SnakeHost:RouteDefaults:Autoreload=false");
        var tenant = tenants.Add("fixed", ("main.py", App("one")));
        Assert.Equal("one", await gateway.Client.TextAsync(tenant.Url("/")));
        Assert.False(await IsWatchedAsync(gateway, tenant.Directory));
        Assert.False(await IsWatchedAsync(gateway, tenants.Root));

        tenant.Write("main.py", App("two"));

        Assert.Equal("one", await gateway.Client.TextAsync(tenant.Url("/")));
        await gateway.StopAsync();
    }

    [Fact(Skip = "fdinfo is Linux's", SkipUnless = nameof(IsLinux))]
    public async Task WithAutoreloadOn_OneInstanceWatchesAllTenants()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await StartAsync(tenants);
        var before = Descriptors(gateway).Count();
        for (var i = 0; i < 3; i++)
        {
            var tenant = tenants.Add($"app{i}", ("main.py", App("one")));
            Assert.Equal("one", await gateway.Client.TextAsync(tenant.Url("/")));
            Assert.True(await IsWatchedAsync(gateway, tenant.Directory));
        }

        Assert.Equal(before, Descriptors(gateway).Count());
        await gateway.StopAsync();
    }

    private static Task<GatewayProcess> StartAsync(TenantFolder tenants, params string[] arguments) =>
        GatewayProcess.StartAsync(new() { Root = tenants.Root, Python = InstalledPythons.Default, Arguments = arguments });

    private static string App(string value) => PythonApps.Answering($"def answer(path):\n    return '{value}'\n");

    private static async Task<bool> IsWatchedAsync(GatewayProcess gateway, string directory)
    {
        using var stat = ChildProcess.Start(new ProcessStartInfo("stat", ["-c", "%i", directory]) { RedirectStandardOutput = true });
        var inode = ulong.Parse((await stat.StandardOutput.ReadToEndAsync()).Trim(), CultureInfo.InvariantCulture);
        return Descriptors(gateway).Any(information => information.Contains($"ino:{inode:x} ", StringComparison.Ordinal));
    }

    /// <summary>What the kernel says of the process's inotify instances.</summary>
    private static IEnumerable<string> Descriptors(GatewayProcess gateway) =>
        Directory.EnumerateFiles($"/proc/{gateway.Id}/fdinfo").Select(Read).Where(text => text.Contains("inotify wd:", StringComparison.Ordinal));

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static async Task<bool> CanUnshareAsync()
    {
        using var process = ChildProcess.Start(new ProcessStartInfo(s_withoutInotify[0], [.. s_withoutInotify[1..], "true"]) { RedirectStandardError = true });
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode == 0;
    }
}
