using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.BadInput;

/// <summary>An app whose C code keeps the GIL stops all apps. It can be seen from outside, and the gateway can still be ended.</summary>
public sealed class HeldLockTests
{
    /// <summary>Functions of a PyDLL are called with the GIL. The second one computes.</summary>
    private static readonly (string Name, string Code)[] s_holders =
    [
        ("sleeper",
            """
            import ctypes
            def answer(path):
                open("started", "w").close()
                ctypes.PyDLL(None).sleep(600)
            """),
        ("matcher",
            """
            import re
            def answer(path):
                open("started", "w").close()
                re.match("(a|a)*b", "a" * 60)
            """),
    ];

    [Fact]
    public async Task WhenTheGilIsKept_HealthIsDegradedAndNamesTheApp_AndSigtermEndsTheGateway()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await StartAsync(tenants);
        var admin = gateway.Admin!;
        var waiting = tenants.Add("waiting", ("main.py", PythonApps.Answering("def answer(path): return 'here'")));
        Assert.Equal("here", await gateway.Client.TextAsync(waiting.Url("/")));
        Assert.Equal("Healthy", await admin.Client.TextAsync(At("/health")));
        var asPlatformsAsk = new Uri("http://10.1.2.3/health");
        Assert.Equal("Healthy", await gateway.Client.TextAsync(asPlatformsAsk));

        await HoldAsync(gateway, tenants, "sleeper");

        // Nobody knows whether it waits for a thread, so nobody says so.
        var request = Assert.Single((await admin.Client.JsonAsync(At("/api/tenants/sleeper/requests"))).EnumerateArray());
        Assert.Equal(("unknown", "/"), (request.GetProperty("state").GetString(), request.GetProperty("path").GetString()));

        await Eventually.Async(async () =>
        {
            using var answer = await admin.Client.GetAsync(At("/health"), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.StartsWith("Degraded\n", text, StringComparison.Ordinal);
            Assert.EndsWith("kept by sleeper#1", text, StringComparison.Ordinal);
        }, TimeSpan.FromSeconds(60));
        Assert.Equal("Healthy", await admin.Client.TextAsync(At("/alive")));
        using (var unwell = await gateway.Client.GetAsync(asPlatformsAsk, TestContext.Current.CancellationToken))
            Assert.Equal("Python does not answer", await unwell.TextAsync(HttpStatusCode.ServiceUnavailable));
        await gateway.Output.WaitForLineAsync("is called by sleeper#1");
        Assert.DoesNotContain(gateway.Output.All, static line => line.Contains("has not answered GET", StringComparison.Ordinal));

        await EndsAsync(gateway, "sleeper#1");

        Uri At(string path) => new($"http://localhost{path}");
    }

    [Theory]
    [InlineData("sleeper", "wsgi")]
    [InlineData("matcher", "wsgi")]
    [InlineData("sleeper", "asgi")]
    public async Task SigtermEndsTheGateway_ThoughAnAppKeepsTheGil(string holder, string kind)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await StartAsync(tenants);
        await HoldAsync(gateway, tenants, holder, kind);
        await EndsAsync(gateway, $"{holder}#1");
    }

    private static Task<GatewayProcess> StartAsync(TenantFolder tenants) =>
        GatewayProcess.StartAsync(new() { Root = tenants.Root, Arguments = ["--SnakeHost:Reload:Grace=00:00:01", "--SnakeHost:SlowRequest=00:00:01", "--SnakeHost:HealthPath=/health"] });

    private static async Task HoldAsync(GatewayProcess gateway, TenantFolder tenants, string name, string kind = "wsgi")
    {
        var tenant = tenants.Add(name, ("main.py", PythonApps.Answering(s_holders.Single(holder => holder.Name == name).Code, kind)));
        _ = gateway.Client.GetAsync(tenant.Url("/"), TestContext.Current.CancellationToken).ContinueWith(request => request.Exception, TaskScheduler.Default);
        await Eventually.Async(() =>
        {
            Assert.True(File.Exists(Path.Combine(tenant.Directory, "started")));
            return Task.CompletedTask;
        });
    }

    private static async Task EndsAsync(GatewayProcess gateway, string named)
    {
        gateway.Terminate();
        Assert.Equal(1, await gateway.WaitForExitAsync(TimeSpan.FromSeconds(30)));
        var line = await gateway.Output.WaitForLineAsync("Python does not answer");
        Assert.Contains(named, line, StringComparison.Ordinal);
    }
}
