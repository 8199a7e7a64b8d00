extern alias Hosting;

using Hosting::SnakeHost.Hosting;
using Hosting::SnakeHost.Gateway.Admin;
using Hosting::SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Hosting;

public sealed class TenantBoardTests
{
    private static readonly DateTimeOffset s_now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    private readonly TenantBoard _board = new();

    [Fact]
    public void WhatWasNeverHeardOf_IsNotStarted() => Assert.Equal(new TenantStatus("shop", TenantState.NotStarted), _board["shop"]);

    [Fact]
    public void ALoad_ThenAReload_ThenAnEviction_AreStates()
    {
        Assert.Equal(TenantState.Loading, Apply("loading", 1).State);
        Assert.Equal(TenantState.Running, Apply("ready", 1).State);
        Assert.Null(_board["shop"].LastReload);
        Assert.Equal(TenantState.Running, Apply("stale", 1).State);
        Assert.Equal((TenantState.Reloading, 2), (Apply("reloading", 2).State, _board["shop"].Generation));

        var reloaded = Apply("ready", 2, files: ["main.py"]);

        Assert.Equal((TenantState.Running, s_now, 12.5), (reloaded.State, reloaded.LastReload, reloaded.LastReloadMs));
        Assert.Equal(["main.py"], reloaded.LastReloadFiles);
        Assert.Equal(TenantState.Running, Apply("draining", 1).State);
        Assert.Equal(TenantState.Running, Apply("disposed", 1).State);
        Assert.Equal(TenantState.Evicted, Apply("evicted", 2).State);

        // What is loaded after that has not been reloaded.
        Apply("loading", 1);
        Assert.Null(Apply("ready", 1).LastReload);
    }

    [Theory]
    [InlineData("failed")]
    [InlineData("timedout")]
    public void AFailure_StaysUntilALoadSucceeds(string kind)
    {
        Apply("loading", 1);
        Assert.Equal((TenantState.Failed, "KeyError"), (Apply(kind, 1, error: new("KeyError", "'x'", null, "main.py", 3)).State, _board["shop"].Error?.Type));
        Apply("loading", 2);
        Assert.Null(Apply("ready", 2).Error);
    }

    [Fact]
    public void TheList_TellsOfThoseThatChanged_AndWhoIsNotOnIt_WasEvicted()
    {
        Assert.Equal(["a", "b"], _board.Apply([Info("a", "ready"), Info("b", "failed")]).Select(status => status.Id));
        Assert.Empty(_board.Apply([Info("a", "ready"), Info("b", "failed")]));

        var changed = _board.Apply([Info("b", "reloading")]);

        Assert.Equal([("b", TenantState.Reloading), ("a", TenantState.Evicted)], changed.Select(status => (status.Id, status.State)));
    }

    [Fact]
    public void WhatIsAskedAfterAnEvent_Describes_AndChangesNoState()
    {
        Apply("loading", 1);
        Apply("ready", 1);

        var described = _board.Describe(Info("shop", "loading"));

        Assert.Equal((TenantState.Running, "main:app"), (described.State, described.Info?.App));
        Assert.Equal("main:app", _board.Describe(Info("shop", "ready") with { Generation = 2, App = "of:another" }).Info?.App);
    }

    [Fact]
    public void WithoutAGateway_NothingIsStarted()
    {
        Apply("loading", 1);
        Assert.Equal([new TenantStatus("shop", TenantState.NotStarted)], _board.Reset());
        Assert.Empty(_board.Reset());
    }

    private static TenantSnapshot Info(string id, string state) => new(
        id, "of the specification", "main:app", "wsgi", "/srv/" + id, null, state, 1, false, 2, 3.5, 0, 0, 1, 0, 0, 0, s_now, null, "shared", null, [], false, false, []);

    private TenantStatus Apply(string kind, int generation, string[]? files = null, TenantError? error = null) =>
        _board.Apply(new AdminEvent("shop", kind, generation, s_now, 12.5, files ?? [], error, null, 0));
}
