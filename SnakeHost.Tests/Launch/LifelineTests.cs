using SnakeHost.Gateway.Launch;

namespace SnakeHost.Tests.Launch;

public sealed class LifelineTests
{
    [Fact]
    public async Task WhenTheOtherEndIsGone_TheGatewayStops_AndNotBefore()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var input = new Pipe();
        var stopped = new TaskCompletionSource();
        Lifeline.Watch(input, stopped.SetResult);
        // What is written does not matter: the first read gives bytes, the second waits for the end.
        await input.SecondRead.Task.WaitAsync(TimeSpan.FromSeconds(30), cancel);
        Assert.False(stopped.Task.IsCompleted);
        input.End.Set();
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(30), cancel);
    }

    private sealed class Pipe : MemoryStream
    {
        private int _reads;

        public TaskCompletionSource SecondRead { get; } = new();

        public ManualResetEventSlim End { get; } = new();

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (++_reads == 1)
                return 1;
            SecondRead.SetResult();
            End.Wait();
            return 0;
        }

        protected override void Dispose(bool disposing)
        {
            End.Dispose();
            base.Dispose(disposing);
        }
    }
}
