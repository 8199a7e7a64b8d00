namespace SnakeHost.Gateway.CPython;

/// <summary>Asks threads that run an app's code to stop by <c>SystemExit</c>. They may not: code can catch it, or be outside the interpreter.</summary>
internal static class Interruption
{
    /// <summary>One at a time: each waits for the GIL on a thread of the pool, and hundreds of tenants may end at once.</summary>
    private static readonly SemaphoreSlim s_one = new(1);

    public static async Task RequestAsync(IReadOnlyList<PythonThread> threads)
    {
        await s_one.WaitAsync().ConfigureAwait(false);
        try
        {
            // The caller's thread may be one that serves connections.
            await Task.Run(() => Request(threads)).ConfigureAwait(false);
        }
        finally
        {
            s_one.Release();
        }
    }

    private static void Request(IReadOnlyList<PythonThread> threads)
    {
        using var gil = Gil.Acquire();
        using var builtins = Py.Import("builtins");
        using var exit = builtins.Attribute("SystemExit");
        foreach (var thread in threads)
            thread.Interrupt(exit);
    }
}
