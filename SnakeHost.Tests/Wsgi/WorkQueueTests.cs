using Microsoft.AspNetCore.Http;
using SnakeHost.Gateway.Wsgi;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Wsgi;

public sealed class WorkQueueTests
{
    [Fact]
    public async Task TheThreadThatBecameIdleLast_IsWoken()
    {
        var queue = new WorkQueue();
        using var first = new Worker(queue);
        using var second = new Worker(queue);
        await first.TakeAsync();
        await second.TakeAsync();

        for (var time = 0; time < 10; time++)
        {
            Assert.True(queue.Add(Request()));
            Assert.True(await second.Taken);
            await second.TakeAsync();
        }

        Assert.False(first.Taken.IsCompleted);
        queue.Close();
        Assert.False(await first.Taken);
        Assert.False(await second.Taken);
    }

    [Fact]
    public async Task EveryRequestIsTaken_ByWhoeverComes()
    {
        var queue = new WorkQueue();
        var taken = 0;
        var workers = Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () =>
            {
                using var wake = new ManualResetEventSlim();
                // Patience that is often over in the very moment in which a request comes.
                while (queue.Take(TimeSpan.FromMilliseconds(1), wake, out var request) || !queue.IsClosed)
                {
                    if (request is not null)
                        Interlocked.Increment(ref taken);
                }
            },
            TaskCreationOptions.LongRunning)).ToList();

        for (var added = 1; added <= 20_000; added++)
        {
            queue.Add(Request());
            if (added % 100 == 0)
                await Eventually.Async(() =>
                {
                    Assert.Equal(added, Volatile.Read(ref taken));
                    return Task.CompletedTask;
                });
        }

        queue.Close();
        await Task.WhenAll(workers);
        Assert.Equal(20_000, taken);
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void NothingComes_PatienceEnds()
    {
        using var wake = new ManualResetEventSlim();
        Assert.False(new WorkQueue().Take(TimeSpan.FromMilliseconds(1), wake, out _));
        Assert.False(wake.IsSet);
    }

    [Fact]
    public void AClosedQueue_GivesWhatIsLeft()
    {
        using var wake = new ManualResetEventSlim();
        var queue = new WorkQueue();
        Assert.False(queue.Add(Request()));
        queue.Close();
        Assert.True(queue.Take(Timeout.InfiniteTimeSpan, wake, out _));
        Assert.False(queue.Take(Timeout.InfiniteTimeSpan, wake, out _));
    }

    private static WsgiExchange Request()
    {
        var exchange = WsgiExchange.Start(new DefaultHttpContext(), new WorkQueue(), null);
        exchange.Complete();
        return exchange;
    }

    /// <summary>A thread that takes one request at a time.</summary>
    private sealed class Worker(WorkQueue queue) : IDisposable
    {
        private readonly ManualResetEventSlim _wake = new();

        public Task<bool> Taken { get; private set; } = Task.FromResult(false);

        public void Dispose() => _wake.Dispose();

        /// <summary>Returns once it is idle.</summary>
        public async Task TakeAsync()
        {
            var idle = queue.Idle;
            Taken = Task.Factory.StartNew(() => queue.Take(Timeout.InfiniteTimeSpan, _wake, out _), TaskCreationOptions.LongRunning);
            await Eventually.Async(() =>
            {
                Assert.Equal(idle + 1, queue.Idle);
                return Task.CompletedTask;
            });
        }
    }
}
