using SnakeHost.Gateway.CPython;

namespace SnakeHost.Tests.CPython;

/// <summary>When the threads that run Python keep to one processor, by what they use.</summary>
public sealed class AffinityPolicyTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly AffinityPolicy _policy = new();

    [Theory]
    [InlineData(1.0, 0.5, true)] // two take turns
    [InlineData(1.1, 0.1, true)] // a hundred
    [InlineData(0.61, 0.45, true)]
    [InlineData(0.5, 0.25, false)] // little to do
    [InlineData(1.0, 0.95, false)] // one alone
    [InlineData(1.6, 0.9, false)] // they compute without the GIL
    public void SeveralBusyThreadsThatTakeTurns_KeepTogether(double ran, double most, bool together)
    {
        _policy.Consider(ran, most, 0, AffinityPolicy.Glance);
        Assert.Equal(together, _policy.IsTogether);
    }

    [Fact]
    public void TheyAreLookedAtApart_EverLessOften_AsLongAsNothingSpeaksAgainstIt()
    {
        foreach (var seconds in new[] { 1, 2, 4, 8, 8 })
        {
            Gather();
            for (var left = seconds; left > 0; left--)
            {
                Assert.True(_policy.IsTogether);
                // Many wait, for each other.
                _policy.Consider(1, 0.2, 90, s_second);
            }

            Assert.False(_policy.IsTogether);
            // Measured at once, and not for long.
            Assert.Equal(TimeSpan.Zero, _policy.Pause);
        }
    }

    [Fact]
    public void ThoseThatComputeWithoutTheGil_AreLeftAloneEverLonger_UntilTheyHaveKeptTogetherForAWhile()
    {
        foreach (var seconds in new[] { 2, 4, 8, 16, 32, 64, 80, 80 })
        {
            _policy.Consider(1.8, 0.9, 0, AffinityPolicy.Glance);
            Assert.Equal((false, TimeSpan.FromSeconds(seconds)), (_policy.IsTogether, _policy.Pause));
        }

        Gather();
        _policy.Consider(1, 0.5, 1, s_second);
        _policy.Consider(1.8, 0.9, 0, AffinityPolicy.Glance);
        Assert.Equal(TimeSpan.FromSeconds(2), _policy.Pause);
    }

    [Theory]
    [InlineData(0.6, 0.3, 0.9, 2.0)] // another process has their processor
    [InlineData(0.2, 0.1, 0.0, 0.5)] // little to do
    [InlineData(0.9, 0.88, 0.0, 0.5)] // one is left
    public void TheyPart(double ran, double most, double waited, double pause)
    {
        Gather();
        _policy.Consider(ran, most, waited, s_second / 2);
        Assert.Equal((false, TimeSpan.FromSeconds(pause)), (_policy.IsTogether, _policy.Pause));
    }

    [Theory]
    [InlineData(0.6, 0.2)]
    [InlineData(0.31, 0)] // what has been 0.6 while they were apart
    public void ThoseThatUseLessThanAllOfIt_Stay(double ran, double waited)
    {
        Gather();
        _policy.Consider(ran, ran / 2, waited, s_second / 2);
        Assert.True(_policy.IsTogether);
    }

    [Fact]
    public void AfterALongRest_TheyAreMeasuredAsUsual()
    {
        foreach (var _ in new[] { 2, 4, 8 })
            _policy.Consider(1.8, 0.9, 0, AffinityPolicy.Glance);
        Assert.Equal(TimeSpan.FromSeconds(8), _policy.Pause);
        _policy.Skip();
        Assert.Equal(s_second / 2, _policy.Pause);
    }

    private void Gather()
    {
        _policy.Consider(1, 0.5, 0, AffinityPolicy.Glance);
        Assert.True(_policy.IsTogether);
    }
}
