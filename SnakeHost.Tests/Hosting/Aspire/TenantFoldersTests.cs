extern alias Hosting;

using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Hosting::SnakeHost.Hosting;
using Hosting::SnakeHost.Gateway.Telemetry;
using Hosting::SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Hosting.Aspire;

/// <summary>Folders that come and go while the application runs, in any order with what the gateway tells of them.</summary>
public sealed class TenantFoldersTests : IAsyncLifetime
{
    private readonly GatewayApplication _application = new();

    private TenantResources Resources => _application.Resources;

    public async ValueTask InitializeAsync()
    {
        _application.Folder("apps/shop");
        _application.Gateway.WithTenants(_application.Apps).WithTenant("cart", _application.Folder("cart"));
        _application.Builder.AddExternalService("rates", "http://rates.test/");
        _application.Builder.AddSnakeGateway<Projects.SnakeHost_Gateway>("second").WithTenant("theirs", _application.Folder("theirs"));
        await _application.Notifications.PublishUpdateAsync(_application.Gateway.Resource, state => state with { State = KnownResourceStates.Running });
        await Resources.ServesAsync(true);
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task OneThatHasGone_StaysHidden_WhateverIsToldOfItLater_AndMayComeBack()
    {
        await Resources.FoldersChangedAsync(["late"], []);
        await Resources.StatusAsync(new TenantStatus("late", TenantState.Running));
        Assert.Equal((false, KnownResourceStates.Running), Shown("late"));

        await Resources.FoldersChangedAsync([], ["late"]);
        await Resources.StatusAsync(new TenantStatus("late", TenantState.Evicted));
        Assert.Equal((true, KnownResourceStates.Finished), Shown("late"));

        await Resources.FoldersChangedAsync(["late"], []);
        Assert.Equal((false, KnownResourceStates.NotStarted), Shown("late"));
    }

    [Theory]
    [InlineData("rates")]
    [InlineData("Rates")]
    [InlineData("second")]
    [InlineData("theirs")]
    public async Task OneWithTheNameOfAnotherResource_IsNotShown_AndTheRestIs(string name)
    {
        await _application.Notifications.PublishUpdateAsync(_application.Tenant("theirs"), state => state with { State = KnownResourceStates.NotStarted });

        await Resources.FoldersChangedAsync([name, "late"], []);
        await Resources.StatusAsync(new TenantStatus(name.ToLowerInvariant(), TenantState.Running));

        Assert.Equal((false, KnownResourceStates.NotStarted), Shown("late"));
        Assert.False(_application.Notifications.TryGetCurrentState(name, out var other) && other.Snapshot.State?.Text == KnownResourceStates.Running);
        await SaysAsync("gateway", $"The folder {name} is served, but not shown here: another resource has its name.");
    }

    [Fact]
    public async Task WhatWasToldOfOneBeforeItWasSeen_IsShown()
    {
        await Resources.StatusAsync(new TenantStatus("late", TenantState.Loading));
        await Resources.LineAsync(new OutputLine(1, "late", "stdout", "loading late", DateTimeOffset.UnixEpoch));
        await Resources.LineAsync(new OutputLine(2, "later", "stdout", "not late", DateTimeOffset.UnixEpoch));
        await Resources.StatusAsync(new TenantStatus("late", TenantState.Failed) { Generation = 1, Error = new TenantError("KeyError", "'x'", "Traceback of late", null, null) });

        await Resources.FoldersChangedAsync(["late"], []);

        Assert.Equal((false, KnownResourceStates.FailedToStart), Shown("late"));
        await SaysAsync("late", "loading late");
        await SaysAsync("late", "Traceback of late");
    }

    [Fact]
    public async Task OneWithTheNameOfATenantElsewhere_LeavesItAsItIs()
    {
        await Resources.StatusAsync(new TenantStatus("cart", TenantState.Running));

        await Resources.FoldersChangedAsync(["Cart"], []);

        Assert.Equal((false, KnownResourceStates.Running), Shown("cart"));
        await SaysAsync("gateway", "The folder Cart is not served: the tenant cart has its name.");
    }

    [Fact]
    public async Task OneWithAnUnderscore_IsShownByItsHost_AndTheGatewaysConsoleSaysSo()
    {
        await Resources.FoldersChangedAsync(["my_app"], []);

        Assert.Equal((false, KnownResourceStates.NotStarted), Shown("my-app"));
        await SaysAsync("gateway", "The folder my_app is served and shown as my-app: a host has no underscores.");
    }

    private async Task SaysAsync(string resource, string text)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        await foreach (var lines in _application.Application.Services.GetRequiredService<ResourceLoggerService>().WatchAsync(resource).WithCancellation(deadline.Token))
        {
            if (lines.Any(line => line.Content.EndsWith(text, StringComparison.Ordinal)))
                return;
        }
    }

    private (bool IsHidden, string? State) Shown(string name)
    {
        Assert.True(_application.Notifications.TryGetCurrentState(name, out var found));
        return (found.Snapshot.IsHidden, found.Snapshot.State?.Text);
    }
}
