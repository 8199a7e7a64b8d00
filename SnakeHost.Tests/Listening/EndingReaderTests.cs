using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using SnakeHost.Gateway.Listening;

namespace SnakeHost.Tests.Listening;

/// <summary>The end of what a client sends is told behind the last of it.</summary>
public sealed class EndingReaderTests
{
    private readonly Pipe _pipe = new();
    private readonly EndingReader _reader;

    public EndingReaderTests() => _reader = new EndingReader(_pipe.Reader);

    [Fact]
    public async Task WhatComesWithTheEnd_IsReadBeforeIt()
    {
        await WriteAsync("head body");
        await _pipe.Writer.CompleteAsync();

        AssertNext("head body", isCompleted: false, consumed: 5);
        AssertNext("body", isCompleted: false, consumed: 4);
        AssertNext("", isCompleted: true);
    }

    [Fact]
    public async Task WhatComesWithTheEnd_BehindWhatHasBeenReadToItsEnd_IsReadBeforeIt()
    {
        await WriteAsync("first");
        AssertNext("first", isCompleted: false, consumed: 5);
        await WriteAsync("last");
        await _pipe.Writer.CompleteAsync();

        AssertNext("last", isCompleted: false, consumed: 4);
        AssertNext("", isCompleted: true);
    }

    [Fact]
    public async Task WhoWantsMoreThanHasCome_IsToldOfTheEnd()
    {
        await WriteAsync("half a he");
        AssertNext("half a he", isCompleted: false, consumed: 0, examined: 9);
        await _pipe.Writer.CompleteAsync();

        AssertNext("half a he", isCompleted: false, consumed: 0, examined: 9);
        AssertNext("half a he", isCompleted: true);
    }

    [Fact]
    public async Task AReadThatWaits_GetsTheSame()
    {
        var waiting = _reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        await WriteAsync("data");
        await _pipe.Writer.CompleteAsync();

        var result = await waiting;
        Assert.Equal(("data", false), (Text(result), result.IsCompleted));
        _reader.AdvanceTo(result.Buffer.End);
        var end = await _reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.True(end.IsCompleted);
    }

    [Fact]
    public async Task ABrokenConnection_IsToldToWhoWaits()
    {
        var waiting = _reader.ReadAsync(TestContext.Current.CancellationToken).AsTask();
        await _pipe.Writer.CompleteAsync(new IOException("reset"));

        Assert.Equal("reset", (await Assert.ThrowsAsync<IOException>(() => waiting)).Message);
    }

    private static string Text(ReadResult result) => Encoding.ASCII.GetString(result.Buffer.ToArray());

    private async Task WriteAsync(string text) => await _pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes(text));

    private void AssertNext(string text, bool isCompleted, int consumed = 0, int? examined = null)
    {
        Assert.True(_reader.TryRead(out var result));
        Assert.Equal((text, isCompleted), (Text(result), result.IsCompleted));
        _reader.AdvanceTo(result.Buffer.GetPosition(consumed), result.Buffer.GetPosition(examined ?? consumed));
    }
}
