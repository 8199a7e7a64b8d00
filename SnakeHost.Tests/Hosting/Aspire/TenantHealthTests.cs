using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Hosting.Aspire;

/// <summary>A tenant's health is its app's own answer: the checks that Aspire runs, with a real gateway.</summary>
public sealed class TenantHealthTests : IAsyncDisposable
{
    private const string App = """
        def app(environ, start_response):
            paths = {"/healthz": "204 No Content", "/ill": "503 Service Unavailable", "/moved": "302 Found"}
            start_response(paths[environ["PATH_INFO"]], [("Location", "/healthz")])
            return []
        """;

    private readonly GatewayApplication _application = new();

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Theory]
    [InlineData("/healthz", 204, HealthStatus.Healthy, null)]
    [InlineData("/healthz", 200, HealthStatus.Unhealthy, "/healthz answered 204, not 200.")]
    [InlineData("/ill", 204, HealthStatus.Unhealthy, "/ill answered 503, not 204.")]
    [InlineData("/moved", 204, HealthStatus.Unhealthy, "/moved answered 302, not 204.")]
    public async Task ItIs_WhatTheAppAnswers(string path, int statusCode, HealthStatus status, string? why)
    {
        var key = AddShop(path, statusCode);
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = _application.Apps });
        _application.Allocate(gateway.Address.Port, gateway.Admin!.Address.Port);
        await PublishAsync("Running");

        var entry = await CheckAsync(key);

        Assert.Equal((status, why), (entry.Status, entry.Description));
    }

    [Theory]
    [InlineData("NotStarted")]
    [InlineData("Loading")]
    [InlineData("FailedToStart")]
    [InlineData("Exited")]
    public async Task AnAppThatDoesNotRun_IsNotLoadedToBeAsked(string state)
    {
        var key = AddShop("/ill", 204);
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = _application.Apps });
        _application.Allocate(gateway.Address.Port, gateway.Admin!.Address.Port);
        await PublishAsync(state);

        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(key)).Status);

        Assert.Empty(await gateway.Admin.TenantsAsync());
    }

    [Fact]
    public async Task AGatewayThatIsGone_IsUnhealthy()
    {
        var key = AddShop("/healthz", 204);
        _application.Allocate(http: 1, admin: 1);
        await PublishAsync("Running");

        var gone = await CheckAsync(key);

        Assert.Equal(HealthStatus.Unhealthy, gone.Status);
        Assert.Contains("localhost:1", gone.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatItSaidLast_HoldsUntilItRunsAgain()
    {
        var key = AddShop("/healthz", 204);
        await using (var gateway = await GatewayProcess.StartAsync(new() { Root = _application.Apps }))
        {
            _application.Allocate(gateway.Address.Port, gateway.Admin!.Address.Port);
            await PublishAsync("Running");
            Assert.Equal(HealthStatus.Healthy, (await CheckAsync(key)).Status);
        }

        await PublishAsync("Exited");
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(key)).Status);
        await PublishAsync("Running");
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(key)).Status);
        await PublishAsync("Exited");
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(key)).Status);
    }

    [Fact]
    public async Task WhileTheGatewayEnds_NothingIsAsked()
    {
        var key = AddShop("/healthz", 204);
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = _application.Apps });
        _application.Allocate(gateway.Address.Port, gateway.Admin!.Address.Port);
        await PublishAsync("Running");
        await _application.Notifications.PublishUpdateAsync(_application.Gateway.Resource, last => last with { State = KnownResourceStates.Stopping });

        Assert.Equal("It has not been asked yet.", (await CheckAsync(key)).Description);

        Assert.Empty(await gateway.Admin.TenantsAsync());
    }

    [Fact]
    public async Task AGatewayWhosePythonDoesNotAnswer_IsDegraded_AndSaysWhichAppKeepsIt()
    {
        var folder = _application.Folder("apps/keeper", PythonApps.Answering(
            """
            import ctypes
            def answer(path):
                if path == "/keep":
                    ctypes.PyDLL(None).sleep(600)
                return "here"
            """));
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = Path.GetDirectoryName(folder) });
        _application.Allocate(gateway.Address.Port, gateway.Admin!.Address.Port);
        var key = Assert.Single(_application.Gateway.Resource.Annotations.OfType<HealthCheckAnnotation>()).Key;
        var keeper = new Tenant("keeper", folder);
        Assert.Equal("here", await gateway.Client.TextAsync(keeper.Url("/")));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(key)).Status);

        _ = gateway.Client.GetAsync(keeper.Url("/keep"), TestContext.Current.CancellationToken).ContinueWith(request => request.Exception, TaskScheduler.Default);

        await Eventually.Async(async () =>
        {
            var entry = await CheckAsync(key);
            Assert.Equal(HealthStatus.Degraded, entry.Status);
            Assert.Matches(@"^Python has not answered for \d+ s\. The GIL is kept by keeper#1$", entry.Description);
        }, TimeSpan.FromSeconds(60));
    }

    [Fact]
    public void ATenant_HasAsManyChecksAsItWants()
    {
        _application.Gateway.WithTenant("other", _application.Folder("other"), tenant => tenant.WithHttpHealthCheck().WithHttpHealthCheck("/ready"));
        Assert.Equal(2, _application.Tenant("other").Annotations.OfType<HealthCheckAnnotation>().Count());
        Assert.NotNull(_application.Application.Services.GetRequiredService<HealthCheckService>());
    }

    private string AddShop(string path, int statusCode)
    {
        var folder = _application.Folder("apps/Shop", App);
        _application.Gateway.WithTenant("Shop", folder, tenant => tenant.WithHttpHealthCheck(path, statusCode));
        return _application.Tenant("Shop").Annotations.OfType<HealthCheckAnnotation>().Single().Key;
    }

    /// <summary>The tenant's state; the gateway's is Running.</summary>
    private async Task PublishAsync(string state)
    {
        await _application.Notifications.PublishUpdateAsync(_application.Gateway.Resource, last => last with { State = KnownResourceStates.Running });
        await _application.Notifications.PublishUpdateAsync(_application.Tenant("Shop"), last => last with { State = state });
    }

    private async Task<HealthReportEntry> CheckAsync(string key)
    {
        var checks = _application.Application.Services.GetRequiredService<HealthCheckService>();
        return (await checks.CheckHealthAsync(registration => registration.Name == key, TestContext.Current.CancellationToken)).Entries.Single().Value;
    }
}
