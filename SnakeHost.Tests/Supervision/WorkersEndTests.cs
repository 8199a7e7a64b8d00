using System.Net;
using System.Net.Sockets;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Supervision;

/// <summary>The start and the end of several gateways at one address.</summary>
public sealed class WorkersEndTests
{
    private const string Slow =
        """
        import os, time
        def answer(path):
            open("started", "w").close()
            while not os.path.exists("go-on"):
                time.sleep(0.01)
            return "to the end"
        """;

    [Fact]
    public async Task Sigterm_LetsRequestsOfEveryWorkerEnd_AndLeavesNothingBehind()
    {
        using var tenants = new TenantFolder();
        using var temporary = new TemporaryFolder();
        await using var gateway = await StartAsync(tenants, temporary);
        var workers = await SupervisedGateway.WorkersAsync(gateway);
        Assert.Single(Directory.GetDirectories(temporary.Path, "snakehost-*"));
        var slow = tenants.Add("slow", ("main.py", PythonApps.Answering(Slow)));
        var request = gateway.Client.TextAsync(slow.Url("/"));
        await Eventually.Async(() =>
        {
            Assert.True(File.Exists(Path.Combine(slow.Directory, "started")));
            return Task.CompletedTask;
        });

        var stop = gateway.StopAsync();
        await Eventually.Async(async () =>
        {
            using var client = new TcpClient();
            Assert.IsType<SocketException>(await Record.ExceptionAsync(() => client.ConnectAsync(gateway.Address, TestContext.Current.CancellationToken).AsTask()));
        });
        slow.Write("go-on", "");

        Assert.Equal("to the end", await request);
        await stop;
        Assert.DoesNotContain(workers, ProcFiles.Runs);
        Assert.Empty(Directory.GetDirectories(temporary.Path, "snakehost-*"));
    }

    [Fact]
    public async Task ASupervisorThatIsKilled_LeavesNoWorkerBehind()
    {
        using var tenants = new TenantFolder();
        using var temporary = new TemporaryFolder();
        await using var gateway = await StartAsync(tenants, temporary);
        var workers = await SupervisedGateway.WorkersAsync(gateway);
        // One that serves, and one whose Python hangs.
        var keeper = tenants.Add("keeper", ("main.py", PythonApps.Answering("import ctypes\ndef answer(path):\n    open('started', 'w').close()\n    ctypes.PyDLL(None).sleep(3600)")));
        _ = gateway.Client.GetAsync(keeper.Url("/"), TestContext.Current.CancellationToken).ContinueWith(static request => request.Exception, TaskScheduler.Default);
        await Eventually.Async(() =>
        {
            Assert.True(File.Exists(Path.Combine(keeper.Directory, "started")));
            return Task.CompletedTask;
        });

        gateway.Kill();

        await Eventually.Async(
            () =>
            {
                Assert.DoesNotContain(workers, ProcFiles.Runs);
                Assert.Empty(Directory.GetDirectories(temporary.Path, "snakehost-*"));
                return Task.CompletedTask;
            },
            TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task WhatHindersTheStart_IsToldOnce()
    {
        using var tenants = new TenantFolder();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = taken.LocalEndpoint.ToString()!;
        string[] workers = ["--workers", "3"];

        await FailsAsync(new() { Root = tenants.Root, Python = "/nowhere/python3", Arguments = workers }, code: 1, "/nowhere/python3");
        await FailsAsync(new() { Root = tenants.Root, Listen = address, Arguments = workers }, code: 1, address);
        await FailsAsync(new() { Root = tenants.Root, Admin = address, Arguments = workers }, code: 1, address);
        await FailsAsync(new() { Root = tenants.Root, Arguments = [.. workers, "--threads", "none"] }, code: 2, "--threads");
        foreach (var value in new[] { "0", "-1", "x" })
            await FailsAsync(new() { Root = tenants.Root, Arguments = [$"--workers={value}"] }, code: 2, $"--workers is '{value}': it must be a whole number from 1 to 256, or cores.");
    }

    [Fact]
    public async Task AnAddressOfWorkers_IsNobodyElses()
    {
        using var tenants = new TenantFolder();
        using var temporary = new TemporaryFolder();
        await using var gateway = await StartAsync(tenants, temporary);

        foreach (var workers in new[] { "1", "2" })
            await FailsAsync(new() { Root = tenants.Root, Listen = gateway.Address.ToString(), Arguments = ["--workers", workers] }, code: 1, gateway.Address.ToString());
        await gateway.StopAsync();
    }

    private static Task<GatewayProcess> StartAsync(TenantFolder tenants, TemporaryFolder temporary) => GatewayProcess.StartAsync(new()
    {
        Root = tenants.Root,
        Arguments = ["--SnakeHost:Workers=2", "--SnakeHost:Reload:Grace=00:00:02"],
        Environment = new Dictionary<string, string> { ["TMPDIR"] = temporary.Path },
    });

    private static async Task FailsAsync(GatewaySettings settings, int code, string says)
    {
        await using var run = GatewayRun.Start(settings with { Program = GatewaySettings.ByDotNet });

        Assert.True(await run.WaitForExitAsync() == code, run.Describe());
        Assert.Single(run.Errors.All, line => line.Contains(says, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", run.Errors.ToString(), StringComparison.Ordinal);
    }
}
