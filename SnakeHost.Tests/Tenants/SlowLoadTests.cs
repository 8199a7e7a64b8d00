using Microsoft.Extensions.Logging;
using SnakeHost.Gateway.Tenants;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Tenants;

public sealed class SlowLoadTests : IAsyncDisposable
{
    private const int Slow = 212, SlowWithoutEnd = 213;

    private readonly RecordingLogger<TenantRegistry> _logger = new();
    private readonly TenantFixture _fixture;

    public SlowLoadTests() => _fixture = new() { Logger = _logger };

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task ALoadThatTakesLong_IsToldOnce_WithTheTenantAndWhenItIsGivenUp()
    {
        var request = _fixture.AcquireAsync();
        var load = await _fixture.Loader.NextAsync();
        await _fixture.Clock.PassAsync(TimeSpan.FromSeconds(15));
        _fixture.Clock.Advance(TimeSpan.FromSeconds(60));
        load.Succeed();
        using var lease = await request;

        var (level, _, message) = Assert.Single(_logger.Entries, entry => entry.Id == Slow);
        Assert.Equal((LogLevel.Warning, "Tenant shop: generation 1 is still loading after 15 s; the load is given up after 120 s"), (level, message));
    }

    [Fact]
    public async Task ALoadThatMayTakeForEver_IsToldToo()
    {
        _fixture.Options.LoadTimeout = Timeout.InfiniteTimeSpan;
        var request = _fixture.AcquireAsync();
        var load = await _fixture.Loader.NextAsync();
        await _fixture.Clock.PassAsync(TimeSpan.FromSeconds(15));
        load.Succeed();
        using var lease = await request;

        Assert.Equal("Tenant shop: generation 1 is still loading after 15 s", Assert.Single(_logger.Entries, entry => entry.Id == SlowWithoutEnd).Message);
    }

    [Fact]
    public async Task OfALoadThatIsQuick_OrHasFailed_NothingIsTold()
    {
        var quick = _fixture.AcquireAsync();
        (await _fixture.Loader.NextAsync()).Succeed();
        using var lease = await quick;
        var failing = _fixture.AcquireAsync("other");
        (await _fixture.Loader.NextAsync()).Fail(TenantFixture.Broken());
        await Assert.ThrowsAsync<TenantLoadException>(() => failing);
        _fixture.Clock.Advance(TimeSpan.FromSeconds(30));

        Assert.DoesNotContain(_logger.Entries, entry => entry.Id is Slow or SlowWithoutEnd);
    }
}
