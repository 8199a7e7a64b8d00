using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Tenants;

public sealed class ShutdownThrottleTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Channel<TaskCompletionSource> _begun = Channel.CreateUnbounded<TaskCompletionSource>();
    private readonly ShutdownThrottle _turns;

    public ShutdownThrottleTests() => _turns = new ShutdownThrottle(_time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SoManyEndAtOnce_AndTheNextWhenOneHasEnded()
    {
        var all = Start(ShutdownThrottle.AtOnce + 2);
        Assert.Equal(ShutdownThrottle.AtOnce, _begun.Reader.Count);

        (await NextAsync()).SetResult();
        await all[0].WaitAsync(Cancel);
        for (var i = 1; i < ShutdownThrottle.AtOnce; i++)
            await NextAsync();
        (await NextAsync()).SetResult();
        (await NextAsync()).SetResult();
        await Task.WhenAll(all[^2..]).WaitAsync(Cancel);
        Assert.DoesNotContain(all[1..^2], task => task.IsCompleted);
    }

    [Fact]
    public async Task WhatTakesLong_IsWaitedFor_ButKeepsNobodyElseWaiting()
    {
        var all = Start(ShutdownThrottle.AtOnce + 1);

        _time.Advance(ShutdownThrottle.Hold);

        List<TaskCompletionSource> begun = [];
        while (begun.Count < all.Length)
            begun.Add(await NextAsync());
        Assert.DoesNotContain(all, task => task.IsCompleted);
        begun.ForEach(end => end.SetResult());
        await Task.WhenAll(all).WaitAsync(Cancel);
    }

    [Fact]
    public async Task AnEndThatFails_GivesItsTurnBack_AndSaysWhy()
    {
        for (var i = 0; i <= ShutdownThrottle.AtOnce; i++)
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => _turns.RunAsync(() => Task.FromException(new InvalidOperationException())).WaitAsync(Cancel));
            await Assert.ThrowsAsync<NotSupportedException>(() => _turns.RunAsync(() => throw new NotSupportedException()).WaitAsync(Cancel));
        }
    }

    private Task<TaskCompletionSource> NextAsync() => _begun.Reader.ReadAsync(Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancel);

    private Task[] Start(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => _turns.RunAsync(() =>
        {
            var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _begun.Writer.TryWrite(end);
            return end.Task;
        }))];
}
