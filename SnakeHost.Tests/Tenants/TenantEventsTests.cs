using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Tenants;

public sealed class TenantEventsTests : IAsyncDisposable
{
    private readonly TenantFixture _fixture = TenantFixture.Immediate();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    private static TenantEvent Event(int generation) => new("t", TenantEventKind.Ready, generation, default);

    [Fact]
    public async Task ATenantsLifeIsPublishedInOrder()
    {
        using var events = _fixture.Registry.Events.Subscribe();
        var tenant = await _fixture.LoadAsync();
        await _fixture.Registry.ReloadAsync(tenant, ReloadReason.Files("main.py"), TenantFixture.Cancel);

        var seen = new List<(TenantEventKind, int)>();
        await foreach (var next in events.ReadAllAsync(TenantFixture.Cancel))
        {
            seen.Add((next.Kind, next.Generation));
            if (next.Kind == TenantEventKind.Disposed)
                break;
        }

        Assert.Equal(
            [
                (TenantEventKind.Loading, 1), (TenantEventKind.Ready, 1), (TenantEventKind.Reloading, 2), (TenantEventKind.Ready, 2),
                (TenantEventKind.Draining, 1), (TenantEventKind.Disposed, 1),
            ],
            seen);
    }

    [Fact]
    public async Task ASlowSubscriberLosesEvents_AndIsToldHowMany()
    {
        var events = new TenantEvents(_fixture.Clock);
        using var slow = events.Subscribe(capacity: 2);
        for (var i = 1; i <= 5; i++)
            events.Publish(Event(i));

        var reader = slow.ReadAllAsync(TenantFixture.Cancel).GetAsyncEnumerator(TenantFixture.Cancel);
        var seen = new List<string>();
        async Task ReadAsync(int count)
        {
            for (var i = 0; i < count && await reader.MoveNextAsync(); i++)
                seen.Add(reader.Current.Kind == TenantEventKind.Dropped ? $"{reader.Current.Dropped} dropped" : $"{reader.Current.Generation}");
        }

        await ReadAsync(3);
        events.Publish(Event(6));
        await ReadAsync(1);

        Assert.Equal(["1", "2", "3 dropped", "6"], seen);
        await reader.DisposeAsync();
    }

    [Fact]
    public async Task TheMarkerStandsWhereTheEventsAreMissing()
    {
        var events = new TenantEvents(_fixture.Clock);
        using var slow = events.Subscribe(capacity: 3);
        for (var i = 1; i <= 4; i++)
            events.Publish(Event(i));
        await using var reader = slow.ReadAllAsync(TenantFixture.Cancel).GetAsyncEnumerator(TenantFixture.Cancel);
        await reader.MoveNextAsync();
        await reader.MoveNextAsync();
        events.Publish(Event(5));
        events.Complete();

        var rest = new List<(TenantEventKind, int)>();
        while (await reader.MoveNextAsync())
            rest.Add((reader.Current.Kind, reader.Current.Generation));

        Assert.Equal([(TenantEventKind.Ready, 3), (TenantEventKind.Dropped, 0), (TenantEventKind.Ready, 5)], rest);
    }

    [Fact]
    public async Task WhoLeavesGetsNoMore_AndTheEndOfTheGatewayEndsAllSubscriptions()
    {
        var events = _fixture.Registry.Events;
        var left = events.Subscribe();
        left.Dispose();
        using var stays = events.Subscribe();
        await _fixture.LoadAsync();
        await _fixture.Registry.DisposeAsync();

        var kinds = new List<TenantEventKind>();
        await foreach (var next in stays.ReadAllAsync(TenantFixture.Cancel))
            kinds.Add(next.Kind);
        await foreach (var next in left.ReadAllAsync(TenantFixture.Cancel))
            Assert.Fail($"{next.Kind} came after the subscription ended.");
        using var late = events.Subscribe();
        await foreach (var next in late.ReadAllAsync(TenantFixture.Cancel))
            Assert.Fail($"{next.Kind} came after the gateway ended.");

        Assert.Equal(
            [TenantEventKind.Loading, TenantEventKind.Ready, TenantEventKind.Evicted, TenantEventKind.Draining, TenantEventKind.Disposed], kinds);
    }
}
