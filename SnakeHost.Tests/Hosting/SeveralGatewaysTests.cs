extern alias Hosting;

using Hosting::SnakeHost.Hosting;
using SnakeHost.Tests.Harness;
using SnakeHost.Tests.Supervision;

namespace SnakeHost.Tests.Hosting;

/// <summary>What the AppHost sees of several gateways at one address: a tenant has one row and one state.</summary>
public sealed class SeveralGatewaysTests(SupervisedGateway supervised) : IClassFixture<SupervisedGateway>
{
    [Fact]
    public async Task ATenantOfBoth_RunsUntilNoneHasIt()
    {
        var gateway = supervised.Process;
        await SupervisedGateway.WorkersAsync(gateway);
        var shop = supervised.Tenants.Add("shop", ("main.py", SupervisedGateway.Pid));
        var seen = new RecordedTenants();
        using var end = new CancellationTokenSource();
        using var admin = new AdminApiClient(new Uri($"http://{gateway.Admin!.Address}/"), "");
        using var watch = new GatewayWatch(admin, seen.StatusAsync, seen.LineAsync, static _ => Task.CompletedTask, TimeProvider.System);
        var watching = watch.RunAsync(end.Token);
        await SupervisedGateway.AskAllAsync(gateway, shop.Url("/"));
        await seen.WaitAsync("shop", static status => status is { State: TenantState.Running, Info.Workers.Count: 2 });

        shop.Write("main.py", SupervisedGateway.Pid + "\n# saved\n");
        await SupervisedGateway.AskAllAsync(gateway, shop.Url("/"));
        var reloaded = await seen.WaitAsync("shop", static status => status is { State: TenantState.Running, Generation: 2, LastReload: not null });
        Assert.Equal(["main.py"], reloaded.LastReloadFiles.Select(Path.GetFileName));

        var result = await admin.ReloadAsync("shop", TestContext.Current.CancellationToken);
        Assert.Equal(("loaded", 3), (result!.Outcome, result.Generation));
        await seen.WaitAsync("shop", static status => status is { State: TenantState.Running, Generation: 3 } && status.Info!.Workers.All(static worker => worker.Generation == 3));
        Assert.Empty(seen.StatesOf("shop").Except([TenantState.NotStarted, TenantState.Loading, TenantState.Running, TenantState.Reloading]));

        Assert.True(await admin.EvictAsync("shop", TestContext.Current.CancellationToken));
        await seen.WaitAsync("shop", static status => status.State == TenantState.Evicted);
        await end.CancelAsync();
        await watching;
    }
}
