extern alias Hosting;

using Aspire.Hosting.ApplicationModel;
using Hosting::SnakeHost.Gateway.Tenants;
using Hosting::SnakeHost.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace SnakeHost.Tests.Hosting.Aspire;

/// <summary>What the console of a tenant says of its loads, in whatever order the list of tenants and their events are told.</summary>
public sealed class TenantConsoleTests : IAsyncDisposable
{
    private readonly GatewayApplication _application = new();

    public TenantConsoleTests()
    {
        _application.Folder("apps/shop");
        _application.Gateway.WithTenants(_application.Apps);
    }

    [Fact]
    public async Task AFailure_StandsThereOnce_WhenTheListWasAheadOfTheEvents_AndAgainInTheNextLife()
    {
        await TellAsync(TenantState.Failed, 2, "first");
        await TellAsync(TenantState.Reloading, 2, "first");
        await TellAsync(TenantState.Failed, 2, "first");
        await TellAsync(TenantState.Reloading, 3, "first");
        await TellAsync(TenantState.Failed, 3, "second");
        await TellAsync(TenantState.Evicted, 3, "second");
        await TellAsync(TenantState.Failed, 2, "first");
        await TellAsync(TenantState.Failed, 3, "last");

        var lines = new List<string>();
        await foreach (var some in _application.Application.Services.GetRequiredService<ResourceLoggerService>().WatchAsync("shop").WithCancellation(TestContext.Current.CancellationToken))
        {
            lines.AddRange(some.Select(static line => line.Content.Split(' ')[^1]));
            if (lines.Contains("last"))
                break;
        }

        Assert.Equal(["first", "second", "first", "last"], lines);

        Task TellAsync(TenantState state, int generation, string traceback) =>
            _application.Resources.StatusAsync(new TenantStatus("shop", state) { Generation = generation, Error = new TenantError("KeyError", "'x'", traceback, null, null) });
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
