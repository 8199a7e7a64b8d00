using System.Diagnostics.CodeAnalysis;

namespace SnakeHost.Gateway.Tenants;

/// <summary>
/// Applications end a few at a time. Hundreds that did so at once, at a shutdown, would each have a thread that waits for the interpreter lock;
/// such a thread wakes every 5 ms to ask for it, and their waking takes the processor from the one that works.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A SemaphoreSlim whose wait handle is never asked for holds nothing to dispose.")]
internal sealed class ShutdownThrottle(TimeProvider time)
{
    internal const int AtOnce = 16;

    /// <summary>
    /// After this the next may begin: what takes longer waits for something, and needs no lock for that. Much less is not enough where processors are busy: sixteen that work
    /// would not have ended, and each turn would add as many that wake in vain.
    /// </summary>
    internal static readonly TimeSpan Hold = TimeSpan.FromMilliseconds(500);

    private readonly SemaphoreSlim _free = new(AtOnce);

    /// <summary>Runs it when its turn comes, to its end.</summary>
    public async Task RunAsync(Func<Task> end)
    {
        await _free.WaitAsync().ConfigureAwait(false);
        Task ended;
        try
        {
            ended = end();
            await ended.WaitAsync(Hold, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            _free.Release();
        }

        await ended.ConfigureAwait(false);
    }
}
