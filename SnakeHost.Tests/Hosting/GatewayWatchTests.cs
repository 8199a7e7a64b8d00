extern alias Hosting;

using System.Net;
using Hosting::SnakeHost.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Hosting;

/// <summary>What the AppHost sees of a real gateway, which guards its admin listener with a token.</summary>
public sealed class GatewayWatchTests : IAsyncLifetime
{
    private const string Token = "of-this-run";

    private static readonly string s_app = PythonApps.Answering("import sys\nprint('imported')\ndef answer(path): print('asked', path, file=sys.stderr); return 'here'");

    private readonly TenantFolder _tenants = new();
    private readonly CancellationTokenSource _end = new();
    private readonly RecordedTenants _seen = new();
    private GatewayProcess? _gateway;
    private Task _watching = Task.CompletedTask;

    private GatewayProcess Gateway => _gateway!;

    public async ValueTask InitializeAsync()
    {
        _gateway = await StartAsync("127.0.0.1:0", "127.0.0.1:0");
        _watching = WatchAsync(Address(_gateway.Admin!.Address));
        // Once one tenant is known, nothing of another can be missed.
        await FirstAsync(_tenants.Add("first", ("main.py", s_app)));
        await _seen.WaitAsync("first", status => status.State == TenantState.Running);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watching;
        await Gateway.DisposeAsync();
        _tenants.Dispose();
        _end.Dispose();
    }

    [Fact]
    public async Task ATenant_IsLoaded_Runs_IsReloadedByASave_Fails_AndIsEvicted()
    {
        var shop = _tenants.Add("shop", ("main.py", s_app));
        await FirstAsync(shop);
        var running = await _seen.WaitAsync("shop", status => status is { State: TenantState.Running, Info.Interface: "wsgi" });
        Assert.Equal(("main:app", "wsgi", shop.Directory, 1), (running.Info!.App, running.Info.Interface, running.Info.WorkingDirectory, running.Generation));

        shop.Write("main.py", s_app + "\n# saved\n");
        await Gateway.Client.TextAsync(shop.Url("/"));
        var reloaded = await _seen.WaitAsync("shop", status => status is { State: TenantState.Running, Generation: 2, LastReload: not null });
        Assert.Equal(["main.py"], reloaded.LastReloadFiles.Select(Path.GetFileName));

        shop.Write("main.py", "raise LookupError('gone')\n");
        using (await Gateway.Client.GetAsync(shop.Url("/"), TestContext.Current.CancellationToken))
        {
            var failed = await _seen.WaitAsync("shop", status => status is { State: TenantState.Failed, Error: not null });
            Assert.Equal("LookupError", failed.Error!.Type);
        }

        using var admin = Client();
        Assert.True(await admin.EvictAsync("shop", TestContext.Current.CancellationToken));
        await _seen.WaitAsync("shop", status => status.State == TenantState.Evicted);
        Assert.Contains(TenantState.Loading, _seen.StatesOf("shop"));
        Assert.Contains(TenantState.Reloading, _seen.StatesOf("shop"));
    }

    [Fact]
    public async Task WhatATenantPrints_IsItsOwn_EachLineOnce()
    {
        var red = _tenants.Add("red", ("main.py", s_app));
        var blue = _tenants.Add("blue", ("main.py", s_app));
        await FirstAsync(red, "/r");
        await FirstAsync(blue, "/b");

        await _seen.WaitForLineAsync(("red", "stderr", "asked /r"));
        await _seen.WaitForLineAsync(("blue", "stderr", "asked /b"));
        Assert.Single(_seen.Lines, ("red", "stdout", "imported"));
        Assert.DoesNotContain(("red", "stderr", "asked /b"), _seen.Lines);
    }

    [Fact]
    public async Task ARestartedGateway_IsFoundAgain_AndItsTenantsStartAnew()
    {
        var shop = _tenants.Add("shop", ("main.py", s_app));
        await FirstAsync(shop);
        await _seen.WaitAsync("shop", status => status.State == TenantState.Running);
        var (address, admin) = (Gateway.Address.ToString(), Gateway.Admin!.Address.ToString());

        await Gateway.StopAsync();
        await _seen.WaitAsync("shop", status => status.State == TenantState.NotStarted);
        await Gateway.DisposeAsync();
        _gateway = await StartAsync(address, admin);
        await FirstAsync(shop, "/again");

        await _seen.WaitAsync("shop", status => status is { State: TenantState.Running, Generation: 1 });
        await _seen.WaitForLineAsync(("shop", "stderr", "asked /again"));
    }

    [Fact]
    public async Task AReloadByHand_SaysHowItWent_AndAnUnknownTenantIsNone()
    {
        var shop = _tenants.Add("shop", ("main.py", s_app));
        await FirstAsync(shop);
        using var admin = Client();

        Assert.Equal(("loaded", 2), await admin.ReloadAsync("shop", TestContext.Current.CancellationToken) is { } loaded ? (loaded.Outcome, loaded.Generation) : default);
        Assert.Null(await admin.ReloadAsync("nobody", TestContext.Current.CancellationToken));
        Assert.False(await admin.EvictAsync("nobody", TestContext.Current.CancellationToken));
        Assert.Null(await admin.TenantAsync("nobody", TestContext.Current.CancellationToken));
        Assert.Equal(HealthStatus.Healthy, (await admin.HealthAsync(TestContext.Current.CancellationToken)).Status);
    }

    [Fact]
    public async Task WithAnotherToken_NothingIsTold()
    {
        using var admin = new AdminApiClient(Address(Gateway.Admin!.Address), "wrong");
        await Assert.ThrowsAsync<HttpRequestException>(() => admin.TenantsAsync(TestContext.Current.CancellationToken));
    }

    private static Uri Address(IPEndPoint admin) => new($"http://{admin}/");

    private AdminApiClient Client() => new(Address(Gateway.Admin!.Address), Token);

    private Task<GatewayProcess> StartAsync(string listen, string admin) =>
        GatewayProcess.StartAsync(new() { Root = _tenants.Root, Listen = listen, Admin = admin, Arguments = [$"--SnakeHost:Admin:Token={Token}"] });

    private async Task WatchAsync(Uri address)
    {
        using var admin = new AdminApiClient(address, Token);
        using var watch = new GatewayWatch(admin, _seen.StatusAsync, _seen.LineAsync, static _ => Task.CompletedTask, TimeProvider.System);
        await watch.RunAsync(_end.Token);
    }

    private async Task FirstAsync(Tenant tenant, string path = "/") => Assert.Equal("here", await Gateway.Client.TextAsync(tenant.Url(path)));
}
