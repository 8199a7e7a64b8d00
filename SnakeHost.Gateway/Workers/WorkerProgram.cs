using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using SnakeHost.Gateway.Interop;
using SnakeHost.Gateway.Launch;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Workers;

/// <summary>A process of the gateway's own program that loads apps, and the control channel to it.</summary>
[SuppressMessage("Design", "CA1001", Justification = "KillAsync disposes of them.")]
internal sealed class WorkerProgram : IWorkerLink
{
    /// <summary>The first argument of a worker's program; the path of its control socket and that of its interpreter follow.</summary>
    public const string Option = "--worker";

    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(1);

    private readonly Process _process;
    private readonly TaskCompletionSource<string> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ControlChannel? _control;
    private int _isDisposed;

    private WorkerProgram(Process process) => (_process, Id) = (process, process.Id);

    public int Id { get; }

    public Task<string> Exited => _exited.Task;

    /// <summary>Starts one, and waits until its interpreter runs.</summary>
    /// <param name="python">The path of the interpreter's program.</param>
    /// <param name="path">Where its control socket is to be.</param>
    /// <param name="first">Tells it what it is.</param>
    /// <param name="take">Is told what it says.</param>
    /// <exception cref="AppLoadException">It has ended before that, or the system refuses it.</exception>
    /// <exception cref="OperationCanceledException">It took too long; the process has been ended.</exception>
    public static async Task<WorkerProgram> StartAsync(string python, string path, WorkerMessage first, Action<WorkerMessage> take, CancellationToken cancellationToken)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        WorkerProgram program;
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen(1);
            var command = OwnProgram.CreateStart(python, [Option, path, python]);
            // Nothing to read: the gateway's own input is not for apps.
            command.RedirectStandardInput = true;
            var process = Process.Start(command)!;
            process.StandardInput.Close();
            program = new WorkerProgram(process);
        }
        catch (Exception e) when (e is Win32Exception or SocketException or IOException)
        {
            throw new AppLoadException($"The system starts no process for the app: {e.Message}", e);
        }

        try
        {
            await program.ConnectAsync(listener, first, take, cancellationToken);
            return program;
        }
        catch
        {
            await program.KillAsync();
            throw;
        }
        finally
        {
            WorkerFolder.Remove(path);
        }
    }

    public void Post(WorkerMessage message) => _control!.Post(message);

    public void KillNow()
    {
        // Not by its number alone, which may be somebody else's once it has ended.
        if (_exited.Task.IsCompleted)
            return;
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }

    public async Task KillAsync()
    {
        KillNow();
        await _exited.Task;
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        if (_control is not null)
            await _control.DisposeAsync();
        _process.Dispose();
    }

    private async Task ConnectAsync(Socket listener, WorkerMessage first, Action<WorkerMessage> take, CancellationToken cancellationToken)
    {
        using var gone = new CancellationTokenSource();
        var ended = _process.WaitForExitAsync(CancellationToken.None);
        var accept = listener.AcceptAsync(gone.Token).AsTask();
        _ = FollowAsync(accept, ended, first, take);
        await Task.WhenAny(accept, ended).WaitAsync(cancellationToken);
        if (accept.IsCompletedSuccessfully)
            return;
        await gone.CancelAsync();
        throw new AppLoadException($"The app's process {await _exited.Task} before it could be told what to load: its own words are in the gateway's output.");
    }

    /// <summary>Hears the worker out, to the process's end.</summary>
    private async Task FollowAsync(Task<Socket> accept, Task ended, WorkerMessage first, Action<WorkerMessage> take)
    {
        try
        {
            await Task.WhenAny(accept, ended);
            if (accept.IsCompletedSuccessfully)
            {
                _control = new ControlChannel(await accept);
                _control.Post(first);
                await _control.HearAsync(take, ended, s_silence);
            }
        }
        catch (Exception)
        {
            // What cannot be heard cannot be told what to do either.
            KillNow();
        }

        await ended;
        // It leads a group: its children end with it. At once, while nobody else has its number.
        _ = LibC.Kill(-Id, LibC.KillSignal);
        _exited.SetResult(ProcessEnd.Describe(_process.ExitCode));
    }
}
