using System.Diagnostics;

namespace SnakeHost.Tests.Harness;

/// <summary>Starts of processes, and writing files of tenants, apart from each other.</summary>
/// <remarks>
/// Until a child has come to its exec it holds every file open that its parent had open: the file would be closed, which is a change to whoever watches it
/// (<c>IN_CLOSE_WRITE</c>), long after the test has written it.
/// </remarks>
internal static class ChildProcess
{
    private static readonly ReaderWriterLockSlim s_forks = new();

    /// <summary>Returns when the program runs.</summary>
    public static Process Start(ProcessStartInfo start)
    {
        var process = new Process { StartInfo = start };
        Start(process);
        return process;
    }

    /// <inheritdoc cref="Start(ProcessStartInfo)"/>
    public static void Start(Process process)
    {
        s_forks.EnterWriteLock();
        try
        {
            process.Start();
        }
        finally
        {
            s_forks.ExitWriteLock();
        }
    }

    /// <summary>Writes, and closes, with no child around that could keep the file open.</summary>
    public static void WhileNoneStarts(Action write)
    {
        s_forks.EnterReadLock();
        try
        {
            write();
        }
        finally
        {
            s_forks.ExitReadLock();
        }
    }
}
