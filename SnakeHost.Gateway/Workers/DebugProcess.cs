using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Workers;

/// <summary>A process with a debugger, in which the generations of one tenant are loaded.</summary>
internal sealed class DebugProcess
{
    private readonly string _tenant;
    private readonly TaskCompletionSource<int> _port = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IAppOutput _output;
    private readonly Action<WorkerMessage.Opened> _opened;
    private WorkerProgram? _program;

    private DebugProcess(string tenant, IAppOutput output, Action<WorkerMessage.Opened> opened) => (_tenant, _output, _opened) = (tenant, output, opened);

    public WorkerProgram Program => _program!;

    /// <summary>Where its debugger listens, on loopback.</summary>
    public int Port => _port.Task.Result;

    /// <summary>Whether a thread stands at a breakpoint.</summary>
    public bool IsHeld { get; private set; }

    /// <summary>Starts one, and waits until its debugger listens.</summary>
    /// <param name="python">The path of the interpreter's program.</param>
    /// <param name="path">Where its control socket is to be.</param>
    /// <param name="output">Is told what the app prints and logs.</param>
    /// <param name="opened">Is told which files the app opens.</param>
    /// <exception cref="AppLoadException">It cannot be started, or has no debugger.</exception>
    public static async Task<DebugProcess> StartAsync(
        string tenant, string python, string path, WorkerMessage.Debug start, IAppOutput output, Action<WorkerMessage.Opened> opened, CancellationToken cancellationToken)
    {
        var process = new DebugProcess(tenant, output, opened);
        var program = process._program = await WorkerProgram.StartAsync(python, path, start, process.Take, cancellationToken);
        try
        {
            await Task.WhenAny(process._port.Task, program.Exited).WaitAsync(cancellationToken);
            if (!process._port.Task.IsCompleted)
                throw new AppLoadException($"The app's process {await program.Exited} before its debugger listened.");
            await process._port.Task;
            return process;
        }
        catch
        {
            await program.KillAsync();
            throw;
        }
    }

    private void Take(WorkerMessage message)
    {
        switch (message)
        {
            case WorkerMessage.Debugging debugging:
                _port.TrySetResult(debugging.Port);
                break;
            case WorkerMessage.Failed failed:
                _port.TrySetException(new AppLoadException(failed.Message));
                break;
            case WorkerMessage.Held held:
                IsHeld = held.IsHeld;
                break;
            // Of no other tenant.
            case WorkerMessage.Line line when AppLog.TenantOf(line.Generation) == _tenant:
                _output.WriteLine(line.Generation, line.Stream, line.Text, line.TraceParent);
                break;
            case WorkerMessage.Record record when AppLog.TenantOf(record.Logged.Generation) == _tenant:
                _output.WriteRecord(record.Logged);
                break;
            case WorkerMessage.Opened opened:
                _opened(opened);
                break;
        }
    }
}
