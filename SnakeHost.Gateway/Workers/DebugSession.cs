using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Workers;

/// <summary>One tenant's debugger: the process in which its generations are loaded one after the other, and the port to it. A process that ends is replaced at the next load; the port stays.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A semaphore whose wait handle is never asked for holds nothing; EndAsync disposes of the relay.")]
internal sealed class DebugSession
{
    /// <summary>For the interpreter's end, when the app has ended.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_news = TimeSpan.FromSeconds(1);

    private readonly Func<CancellationToken, Task<DebugProcess>> _start;
    private readonly DebugRelay _relay;
    private readonly SemaphoreSlim _starting = new(1);
    private readonly ConcurrentDictionary<Task, bool> _guests = new();
    private TaskCompletionSource<DebugProcess> _process = New();
    private bool _hasEnded;

    /// <param name="port">Where editors are to attach.</param>
    /// <param name="start">Starts a process with a debugger.</param>
    /// <exception cref="System.Net.Sockets.SocketException">It cannot be listened there.</exception>
    public DebugSession(int port, Func<CancellationToken, Task<DebugProcess>> start)
    {
        _start = start;
        _relay = DebugRelay.Open(port, async cancellationToken => (await Volatile.Read(ref _process).Task.WaitAsync(cancellationToken)).Port);
    }

    public int Port => _relay.Port;

    /// <summary>Whether a thread stands at a breakpoint.</summary>
    public bool IsHeld => _process.Task is { IsCompletedSuccessfully: true, Result: { IsHeld: true, Program.Exited.IsCompleted: false } };

    /// <summary>The process, started when there is none.</summary>
    /// <exception cref="AppLoadException">It cannot be, or has no debugger.</exception>
    public async Task<DebugProcess> ProcessAsync(CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken);
        try
        {
            if (_hasEnded)
                throw new AppLoadException("Its debugger has been stopped.");
            if (_process.Task.IsCompleted)
            {
                var last = await _process.Task;
                if (!last.Program.Exited.IsCompleted)
                    return last;
                Forget(last);
            }

            var process = await _start(cancellationToken);
            _process.SetResult(process);
            _ = FollowAsync(process);
            return process;
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Loads a generation in it.</summary>
    public async Task<WorkerProcess> LoadAsync(WorkerStart start, CancellationToken cancellationToken)
    {
        var process = await ProcessAsync(cancellationToken);
        var loading = new TaskCompletionSource();
        _guests[loading.Task] = true;
        try
        {
            var worker = await WorkerProcess.StartAsync(start with { Host = process.Program }, static () => { }, cancellationToken);
            _guests[worker.Exited] = true;
            _ = worker.Exited.ContinueWith(ended => _guests.TryRemove(ended, out _), TaskScheduler.Default);
            return worker;
        }
        finally
        {
            loading.SetResult();
            _guests.TryRemove(loading.Task, out _);
        }
    }

    /// <summary>Cuts editors off, so that nothing is held any more.</summary>
    public void Cut() => _relay.Dispose();

    /// <summary>Ends the process, when the generations in it have ended.</summary>
    public async Task EndAsync()
    {
        Cut();
        await _starting.WaitAsync();
        _hasEnded = true;
        _starting.Release();
        if (Volatile.Read(ref _process).Task is not { IsCompleted: true } running)
            return;
        while (!_guests.IsEmpty)
            await Task.WhenAll(_guests.Keys);
        var program = (await running).Program;
        program.Post(new WorkerMessage.End(0));
        await ((Task)program.Exited).WaitAsync(s_patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await program.KillAsync();
    }

    /// <summary>Editors that come when a process has ended wait for the next one.</summary>
    private async Task FollowAsync(DebugProcess process)
    {
        await process.Program.Exited;
        Forget(process);
        await process.Program.KillAsync();
        // What the debugger has left behind tells its editors that this is the end, but not those that came a moment too late.
        await Task.Delay(s_news);
        _relay.Cut(process.Port);
    }

    private void Forget(DebugProcess process)
    {
        var current = Volatile.Read(ref _process);
        if (current.Task.IsCompleted && current.Task.Result == process)
            Interlocked.CompareExchange(ref _process, New(), current);
    }

    private static TaskCompletionSource<DebugProcess> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
