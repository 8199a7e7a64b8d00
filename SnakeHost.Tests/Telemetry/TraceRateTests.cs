using System.Diagnostics;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Tests.Telemetry;

/// <summary>Which share of a tenant's requests is recorded, and which are slow, at times that the tests name.</summary>
public sealed class TraceRateTests
{
    private static readonly long s_second = Stopwatch.Frequency;

    [Fact]
    public void UpToTheRate_AllAre_HoweverLongItLasts()
    {
        var rate = new TraceRate(0);

        var shares = Enumerable.Range(0, 10_000).Select(n => rate.Count(n * s_second / 100, 100)).ToList();

        Assert.All(shares, share => Assert.True(share.IsAll));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(10)]
    [InlineData(20)]
    [InlineData(100)]
    public void ThoughTheyComeAtRandom_OrTheRateIsSmall_AllUpToItAre(int perSecond)
    {
        var (even, random, time, chance) = (new TraceRate(0), new TraceRate(0), 0.0, new Random(7));
        for (var n = 1; n <= 20_000; n++)
            Assert.True(even.Count(n * s_second / perSecond, perSecond).IsAll);

        var recorded = Enumerable.Range(0, 20_000).Sum(_ => random.Count((long)((time -= Math.Log(1 - chance.NextDouble()) / perSecond) * s_second), perSecond).Rate);

        Assert.InRange(recorded / 20_000, 0.99, 1);
    }

    [Fact]
    public void OfMore_TheShareKeepsTheRate_AndComesBackWhenItIsOver()
    {
        var rate = new TraceRate(0);

        var shares = Enumerable.Range(0, 200_000).Select(n => rate.Count(n * s_second / 20_000, 100)).ToList();

        Assert.InRange(shares.Skip(100_000).Sum(share => share.Rate), 480, 520);
        Assert.InRange(shares[^1].Rate, 0.0049, 0.0051);
        // Those that come at once, at first, too.
        Assert.InRange(shares.Take(20_000).Sum(share => share.Rate), 100, 1000);
        Assert.True(rate.Count(20 * s_second, 100).IsAll);
    }

    [Fact]
    public void ATimeThatIsEarlier_CountsAsWell()
    {
        var rate = new TraceRate(10 * s_second);
        for (var n = 0; n < 9; n++)
            rate.Count(11 * s_second, 1);

        Assert.Equal(0.1, rate.Count(10 * s_second, 1).Rate, 0.001);
    }

    [Fact]
    public void OfNone_NoneIs() => Assert.Equal((0, false), (new TraceRate(0).Count(s_second, 0).Rate, new TraceRate(0).Count(s_second, 0).Has(ulong.MaxValue)));

    [Theory]
    [InlineData(1, "ot=th:0")]
    [InlineData(0.25, "ot=th:c")]
    [InlineData(0.5, "ot=th:8")]
    [InlineData(0.005, "ot=th:feb85")]
    public void AShare_IsOpenTelemetrysThreshold(double rate, string state)
    {
        var share = TraceShare.Of(rate);
        Assert.Equal((state, rate == 1), (share.State, share.IsAll));
        Assert.Equal(rate, share.Rate, 0.000001);
        // The last 56 bits of a trace id decide.
        var threshold = Convert.ToUInt64(state["ot=th:".Length..].PadRight(14, '0'), 16);
        Assert.True(share.Has(threshold | 0xAB00_0000_0000_0000));
        Assert.True(share.Has(0x00FF_FFFF_FFFF_FFFF));
        Assert.Equal(rate == 1, share.Has((threshold - 1) & 0x00FF_FFFF_FFFF_FFFF));
    }

    [Fact]
    public void Slow_IsWhatIsSlowerThan99Of100()
    {
        var slowest = new SlowestRequests(0);
        for (var n = 0; n < 1000; n++)
            Assert.False(slowest.Add(Milliseconds(1 + (n % 100)), n));

        Assert.True(slowest.Add(Milliseconds(200), s_second));
        Assert.True(slowest.Add(Milliseconds(100), s_second));
        Assert.False(slowest.Add(Milliseconds(90), s_second));
    }

    [Fact]
    public void WhereAllAreAlike_NoneIsSlow_ButAnotherOne()
    {
        var slowest = new SlowestRequests(0);
        for (var n = 0; n < 1000; n++)
            slowest.Add(Milliseconds(5), n);

        Assert.False(slowest.Add(Milliseconds(5), s_second));
        Assert.True(slowest.Add(Milliseconds(6), s_second));
    }

    [Fact]
    public void AMinuteLater_TheyAreForgotten()
    {
        var slowest = new SlowestRequests(0);
        for (var n = 0; n < 1000; n++)
            slowest.Add(Milliseconds(5), n);
        Assert.True(slowest.Add(Milliseconds(50), 30 * s_second));
        Assert.False(slowest.Add(Milliseconds(50), 95 * s_second));

        // What is usual now is not slow.
        for (var n = 0; n < 1000; n++)
            slowest.Add(Milliseconds(500), 100 * s_second);
        Assert.False(slowest.Add(Milliseconds(500), 102 * s_second));
        Assert.True(slowest.Add(Milliseconds(5000), 102 * s_second));
    }

    private static TimeSpan Milliseconds(int count) => TimeSpan.FromMilliseconds(count);
}
