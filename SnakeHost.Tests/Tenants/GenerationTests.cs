using Microsoft.Extensions.Time.Testing;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Tenants;

public sealed class GenerationTests
{
    private static readonly CoarseClock s_clock = new(new FakeTimeProvider());

    private static Generation New() => new(new Tenant("t", TenantFixture.Specification(), "", s_clock), 1, s_clock);

    [Fact]
    public void BeforeItIsLoadedItCannotBeHeld()
    {
        var generation = New();

        Assert.False(generation.TryAcquire(out _));
        Assert.Throws<InvalidOperationException>(() => generation.Application);
        generation.Fail();
        Assert.Equal(GenerationState.Failed, generation.State);
        Assert.Throws<InvalidOperationException>(() => generation.Open(new FakeApplication(), default, 0));
    }

    /// <summary>Every sequence of steps against what the state diagram allows.</summary>
    [Fact]
    public async Task ARandomHistoryFollowsTheStateDiagram()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var generation = New();
            var application = new FakeApplication();
            var leases = new Stack<Lease>();
            var state = GenerationState.Loading;
            for (var step = 0; step < 60; step++)
            {
                switch (random.Next(12))
                {
                    case < 4:
                        Assert.Equal(state == GenerationState.Ready, generation.TryAcquire(out var lease));
                        if (state == GenerationState.Ready)
                            leases.Push(lease);
                        break;
                    case < 8 when leases.Count > 0:
                        leases.Pop().Dispose();
                        break;
                    case 8 when state == GenerationState.Loading:
                        if (random.Next(4) == 0)
                        {
                            generation.Fail();
                            state = GenerationState.Failed;
                        }
                        else
                        {
                            generation.Open(application, default, 0);
                            state = GenerationState.Ready;
                        }

                        break;
                    case 9:
                        var idle = state == GenerationState.Ready && leases.Count == 0;
                        Assert.Equal(idle, generation.TryDrainIfIdle());
                        state = idle ? GenerationState.Draining : state;
                        break;
                    case 10 when random.Next(4) == 0 && state == GenerationState.Ready:
                        generation.Drain();
                        state = GenerationState.Draining;
                        break;
                    case 11 when state is GenerationState.Draining or GenerationState.Disposed && generation.Empty.IsCompleted:
                        await generation.EndApplicationAsync(TimeSpan.Zero);
                        state = GenerationState.Disposed;
                        break;
                }

                Assert.Equal(state, generation.State);
                Assert.Equal(leases.Count, generation.InFlight);
                Assert.Equal(leases.Count == 0 && state is GenerationState.Draining or GenerationState.Disposed, generation.Empty.IsCompleted);
                Assert.Equal(state == GenerationState.Disposed ? 1 : 0, application.Disposals);
            }
        }
    }
}
