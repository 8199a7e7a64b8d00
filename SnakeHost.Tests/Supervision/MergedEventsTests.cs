using SnakeHost.Gateway.Supervision;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Supervision;

/// <summary>What one admin listener tells of several gateways' tenants: whoever goes by the events has the states of the list.</summary>
public sealed class MergedEventsTests
{
    private static readonly DateTimeOffset s_now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    private readonly TenantEvents _events = new(TimeProvider.System);
    private readonly TenantEventSubscription _told;
    private readonly MergedEvents _merged;
    private int _count;

    public MergedEventsTests()
    {
        _told = _events.Subscribe();
        _merged = new MergedEvents(_events);
    }

    [Theory]
    // The second one loads later; meanwhile the tenant is loading, as a request may have to wait.
    [InlineData("1 loading 1, 1 ready 1, 2 loading 1, 2 ready 1", "loading 1, ready 1, loading 1, ready 1")]
    // A reload is over when the last one is ready.
    [InlineData("1 ready 1, 2 ready 1, 1 reloading 2, 2 reloading 2, 1 ready 2, 2 ready 2", "ready 1, ready 1, reloading 2, reloading 2, ready 2")]
    // It has failed if it has in one, and has not any more when that one is gone.
    [InlineData("1 ready 1, 2 ready 1, 1 reloading 2, 2 reloading 2, 1 failed 2, 2 ready 2, 1 evicted 2", "ready 1, ready 1, reloading 2, reloading 2, failed 2, ready 2")]
    // Who evicts it while another has it changes nothing.
    [InlineData("1 ready 1, 2 ready 1, 1 evicted 1, 1 draining 1, 1 disposed 1, 2 evicted 1, 2 evicted 1", "ready 1, ready 1, draining 1, disposed 1, evicted 1")]
    // Each counts its own generations; the list shows the highest.
    [InlineData("1 ready 3, 2 loading 1, 2 ready 1, 2 stale 1", "ready 3, loading 3, ready 3, stale 1")]
    // A process that ends has what it had no more.
    [InlineData("1 ready 1, 2 failed 1, 2 gone, 1 gone", "ready 1, failed 1, ready 1, evicted 1")]
    public async Task AState_IsTheWorstOfAll(string said, string expected)
    {
        foreach (var words in said.Split(", ").Select(static one => one.Split(' ')))
        {
            var worker = int.Parse(words[0]);
            if (words[1] == "gone")
                _merged.Leave(worker);
            else
                _merged.Add(worker, Event(words[1], int.Parse(words[2])));
        }

        Assert.Equal(expected, await ToldAsync());
    }

    [Fact]
    public async Task WhatHasBeenMissed_IsTakenFromTheList()
    {
        _merged.Add(1, Event("loading", 1));
        _merged.Add(1, Event("ready", 2) with { TenantId = "other" });

        _merged.Reset(1, [Event("ready", 1)]);

        Assert.Equal("loading 1, ready 2, evicted 2, ready 1", await ToldAsync());
    }

    private TenantEvent Event(string kind, int generation) => new("shop", Enum.Parse<TenantEventKind>(kind, ignoreCase: true), generation, s_now.AddSeconds(_count++));

    private async Task<string> ToldAsync()
    {
        _events.Complete();
        return string.Join(", ", await _told.ReadAllAsync(TestContext.Current.CancellationToken).Select(static next => $"{next.Kind.ToString().ToLowerInvariant()} {next.Generation}").ToListAsync(TestContext.Current.CancellationToken));
    }
}
