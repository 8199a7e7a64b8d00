using System.IO.Pipes;
using SnakeHost.Gateway;

namespace SnakeHost.Tests;

public sealed class LifelineTests
{
    [Fact]
    public async Task WhenTheOtherEndIsGone_TheGatewayStops_AndNotBefore()
    {
        await using var launcher = new AnonymousPipeServerStream(PipeDirection.Out);
        await using var input = new AnonymousPipeClientStream(PipeDirection.In, launcher.ClientSafePipeHandle);
        var stopped = new TaskCompletionSource();
        Lifeline.Watch(input, stopped.SetResult);
        await launcher.WriteAsync("what is written does not matter"u8.ToArray(), TestContext.Current.CancellationToken);
        launcher.WaitForPipeDrain();
        Assert.False(stopped.Task.IsCompleted);
        await launcher.DisposeAsync();
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }
}
