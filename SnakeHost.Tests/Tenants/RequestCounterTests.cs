using System.Runtime.CompilerServices;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Tenants;

public sealed class RequestCounterTests
{
    private RequestCounter _counter = new();

    [Fact]
    public void ItStartsClosed()
    {
        Assert.False(_counter.TryEnter(1, out _));
        Assert.Equal((0, 0L), (_counter.InFlight, _counter.Total));
    }

    [Fact]
    public void WhoLeavesLastEmptiesAClosedCounter()
    {
        _counter.Open(0);
        Assert.True(_counter.TryEnter(1, out _));
        Assert.True(_counter.TryEnter(2, out _));
        Assert.False(_counter.TryCloseIfIdle());
        Assert.False(_counter.Close());
        Assert.False(_counter.TryEnter(3, out var emptied));
        Assert.False(emptied);
        Assert.False(_counter.Exit(4));
        Assert.True(_counter.Exit(5));
        Assert.Equal((0, 2L, 5L), (_counter.InFlight, _counter.Total, _counter.LastUsed));
    }

    [Fact]
    public void ItsWordSharesNoCacheLineWithItsNeighbours() => Assert.Equal(192, Unsafe.SizeOf<RequestCounter>());

    [Fact]
    public void ARandomHistoryAgreesWithAPlainModel()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var counter = new RequestCounter();
            counter.Open(0);
            var (inFlight, total, closed) = (0, 0L, false);
            for (var step = 0; step < 200; step++)
            {
                switch (random.Next(20))
                {
                    case < 10:
                        Assert.Equal(!closed, counter.TryEnter(step, out var emptied));
                        Assert.Equal(closed && inFlight == 0, emptied);
                        (inFlight, total) = closed ? (inFlight, total) : (inFlight + 1, total + 1);
                        break;
                    case < 18 when inFlight > 0:
                        inFlight--;
                        Assert.Equal(closed && inFlight == 0, counter.Exit(step));
                        break;
                    case 18:
                        var closes = !closed && inFlight == 0;
                        Assert.Equal(closes, counter.TryCloseIfIdle());
                        closed |= closes;
                        break;
                    case 19 when random.Next(5) == 0:
                        Assert.Equal(inFlight == 0, counter.Close());
                        closed = true;
                        break;
                }

                Assert.Equal((inFlight, total, closed), (counter.InFlight, counter.Total, counter.IsClosed));
            }
        }
    }
}
