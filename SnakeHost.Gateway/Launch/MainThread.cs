using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace SnakeHost.Gateway.Launch;

/// <summary>The process's first thread, where it is Python's main thread and so not the gateway's own.</summary>
internal static class MainThread
{
    private static readonly TaskCompletionSource<Action> s_work = new();

    /// <summary>Runs the program on another thread, and on this one what <see cref="Give"/> brings. The program's end is the process's.</summary>
    [DoesNotReturn]
    public static void RunMainLoop(Func<Task<int>> program)
    {
        new Thread(() => Environment.Exit(program().GetAwaiter().GetResult())) { Name = "main" }.Start();
        s_work.Task.GetAwaiter().GetResult()();
        // Returns only if Python could not be initialised; Program reports why.
        Thread.Sleep(Timeout.Infinite);
        throw new UnreachableException();
    }

    /// <summary>Runs something on the process's first thread. Once.</summary>
    public static void Post(Action work) => s_work.SetResult(work);
}
