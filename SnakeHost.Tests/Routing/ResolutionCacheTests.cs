using SnakeHost.Gateway.Routing;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Routing;

public sealed class ResolutionCacheTests
{
    private static readonly Resolution s_found = new() { Specification = new TenantSpecification { App = "a:b", WorkingDirectory = "/link/x" }, RealDirectory = "/real/x" };
    private static readonly Resolution s_failed = Resolution.NotFound("no");

    private readonly ManualTime _time = new();

    [Fact]
    public void WhatWasLookedUpBeforeAnInvalidation_IsNotStoredAfterIt()
    {
        var cache = Cache();
        var version = cache.Version;
        cache.Invalidate("/real/x");
        cache.Store("k", s_failed, version);
        Assert.False(cache.TryGet("k", out _));
    }

    [Fact]
    public void AFailureThatBecomesATenant_IsOneEntry()
    {
        var cache = Cache();
        cache.Store("k", s_failed, cache.Version);
        cache.Store("k", s_found, cache.Version);
        Assert.True(cache.TryGet("k", out var resolution));
        Assert.Same(s_found, resolution);
        Assert.Equal(1, cache.Count);
    }

    [Fact]
    public void ATenantIsKept_AFailureExpires()
    {
        var cache = Cache();
        cache.Store("f", s_failed, cache.Version);
        cache.Store("t", s_found, cache.Version);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.False(cache.TryGet("f", out _));
        Assert.True(cache.TryGet("t", out _));
    }

    [Fact]
    public void WithoutALifetime_FailuresAreNotKept()
    {
        var cache = new ResolutionCache(8, TimeSpan.Zero, _time);
        cache.Store("f", s_failed, cache.Version);
        Assert.Equal(0, cache.Count);
    }

    [Theory]
    [InlineData("/link/x", true)]
    [InlineData("/real/x", true)]
    [InlineData("/real/x/sub", true)]
    [InlineData("/real", true)]
    [InlineData("/real/xy", false)]
    [InlineData("/other", false)]
    public void AFolderIsForgotten_ByItsPathWithOrWithoutLinks(string directory, bool forgotten)
    {
        var cache = Cache();
        cache.Store("t", s_found, cache.Version);
        cache.Invalidate(directory);
        Assert.Equal(!forgotten, cache.TryGet("t", out _));
    }

    [Fact]
    public async Task WithManyThreads_TheBoundHolds_AndTheCountIsRight()
    {
        var cache = new ResolutionCache(100, TimeSpan.FromSeconds(5), _time);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() =>
        {
            for (var number = 0; number < 5000; number++)
            {
                var key = $"{(worker + number) % 700}";
                cache.Store(key, number % 2 == 0 ? s_found : s_failed, cache.Version);
                cache.TryGet(key, out _);
            }
        }, TestContext.Current.CancellationToken)));

        Assert.InRange(cache.Count, 1, 210); // Both kinds, and one store per thread may pass the check at once.
        cache.Invalidate(null);
        Assert.Equal(0, cache.Count);
    }

    private ResolutionCache Cache() => new(8, TimeSpan.FromSeconds(5), _time);
}
