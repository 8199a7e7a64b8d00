using System.ComponentModel;
using System.Diagnostics;
using SnakeHost.Gateway.Admin;
using SnakeHost.Gateway.Interop;

namespace SnakeHost.Gateway.Supervision;

/// <summary>A whole gateway in a process of its own.</summary>
internal sealed class GatewayWorker : IDisposable
{
    /// <summary>Tells a worker that another one serves in its place. It has a process group of its own, so no terminal sends it.</summary>
    public const int Replaced = 28; // SIGWINCH

    private const int Interrupted = 2, Killed = 9, Terminated = 15; // SIGINT, SIGKILL, SIGTERM

    /// <summary>A hanging process does not answer two of these in a row. One could be lost to a machine that slept, or a supervisor that was stopped.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_startInterval = TimeSpan.FromMilliseconds(20);

    private readonly Process _process;

    private GatewayWorker(Process process, WorkerRole role)
    {
        _process = process;
        Number = role.Number;
        Id = process.Id;
        Admin = new WorkerClient(role.Socket);
        Ended = process.WaitForExitAsync();
    }

    public int Number { get; }

    public int Id { get; }

    public WorkerClient Admin { get; }

    /// <summary>Completes when the process has ended.</summary>
    public Task Ended { get; }

    /// <summary>Once it has ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>What was the matter when it was last asked; null for nothing.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Whether it has ever served.</summary>
    public bool HasServed { get; private set; }

    /// <exception cref="IOException">The system starts no process.</exception>
    public static GatewayWorker Start(ProcessStartInfo start, WorkerRole role)
    {
        // The end of this process is the end of the pipe. It is inherited by no other worker: .NET closes what it has opened when it starts one.
        start.RedirectStandardInput = true;
        role.Give(start.Environment);
        try
        {
            return new GatewayWorker(Process.Start(start)!, role);
        }
        catch (Win32Exception e)
        {
            throw new IOException($"No worker can be started: {e.Message}", e);
        }
    }

    /// <summary>Waits until it serves; false if it ends before that, or hangs.</summary>
    public async Task<bool> WaitUntilItServesAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        while (!Ended.IsCompleted && !limit.IsCancellationRequested)
        {
            try
            {
                if ((await Admin.HealthAsync(limit.Token)).IsAccepting)
                    return HasServed = true;
            }
            catch (Exception e) when (IsAway(e))
            {
                // It does not listen yet.
            }

            await Task.WhenAny(Ended, Task.Delay(s_startInterval, limit.Token));
        }

        return false;
    }

    /// <summary>Asks it how it is, again and again, until it is not well.</summary>
    public async Task<WorkerIllness> WatchAsync(CancellationToken cancellationToken)
    {
        var missed = 0;
        while (true)
        {
            await Task.Delay(s_interval, cancellationToken);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(s_patience);
            try
            {
                Trouble = (await Admin.HealthAsync(limit.Token)).Trouble;
                missed = 0;
                if (Trouble is not null)
                    return WorkerIllness.PythonHangs;
            }
            catch (Exception e) when (IsAway(e) && !cancellationToken.IsCancellationRequested)
            {
                Trouble = "It does not answer.";
                if (++missed == 2)
                    return WorkerIllness.Hangs;
            }
        }
    }

    /// <summary>Lets it drain.</summary>
    public void Terminate() => Signal(Terminated);

    /// <summary>Lets it drain, another one in its place.</summary>
    public void Retire() => Signal(Replaced);

    /// <summary>Has it end without a drain, or end its drain.</summary>
    public void Interrupt() => Signal(Interrupted);

    /// <summary>Ends it, and what its apps have started: it makes itself a group's leader when it starts.</summary>
    public void Kill()
    {
        if (_process.HasExited)
            return;
        _ = LibC.Kill(-Id, Killed);
        _ = LibC.Kill(Id, Killed);
    }

    public void Dispose()
    {
        Admin.Dispose();
        _process.Dispose();
    }

    private void Signal(int number)
    {
        if (!_process.HasExited)
            _ = LibC.Kill(Id, number);
    }

    /// <summary>What a call to a worker throws that is not there, hangs or ends.</summary>
    public static bool IsAway(Exception e) => e is HttpRequestException or IOException or OperationCanceledException;
}
