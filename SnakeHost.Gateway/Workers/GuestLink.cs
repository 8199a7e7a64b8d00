using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Workers;

/// <summary>A generation in a process that has others, too: it has a control channel of its own.</summary>
[SuppressMessage("Design", "CA1001", Justification = "KillAsync disposes of the channel.")]
internal sealed class GuestLink : IWorkerLink
{
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(1);

    /// <summary>How the process has ended is known a moment after its connections have.</summary>
    private static readonly TimeSpan s_news = TimeSpan.FromSeconds(3);

    private readonly WorkerProgram _host;
    private readonly ControlChannel _control;
    private readonly TaskCompletionSource<string> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isEnding;

    private GuestLink(WorkerProgram host, Socket socket) => (_host, _control) = (host, new ControlChannel(socket));

    public int Id => _host.Id;

    public Task<string> Exited => _exited.Task;

    /// <summary>Has the process load a generation.</summary>
    /// <param name="path">Where the control socket is to be.</param>
    /// <param name="order">What to load.</param>
    /// <param name="take">Is told what it says.</param>
    /// <exception cref="AppLoadException">The process has ended.</exception>
    public static async Task<GuestLink> OpenAsync(WorkerProgram host, string path, WorkerMessage.Order order, Action<WorkerMessage> take, CancellationToken cancellationToken)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen(1);
            host.Post(new WorkerMessage.Open(path));
            var accept = listener.AcceptAsync(gone.Token).AsTask();
            await Task.WhenAny(accept, host.Exited);
            cancellationToken.ThrowIfCancellationRequested();
            if (!accept.IsCompletedSuccessfully)
            {
                await gone.CancelAsync();
                throw new AppLoadException($"The app's process {await host.Exited} before it could be told what to load.");
            }

            var link = new GuestLink(host, await accept);
            link.Post(order);
            _ = link.FollowAsync(take);
            return link;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new AppLoadException($"The app's process cannot be told what to load: {e.Message}", e);
        }
        finally
        {
            WorkerFolder.Remove(path);
        }
    }

    public void Post(WorkerMessage message)
    {
        _isEnding |= message is WorkerMessage.End;
        _control.Post(message);
    }

    public void KillNow()
    {
        _isEnding = true;
        // The process notices, and ends the app.
        _ = _control.DisposeAsync().AsTask();
    }

    public async Task KillAsync()
    {
        KillNow();
        await _exited.Task;
    }

    private async Task FollowAsync(Action<WorkerMessage> take)
    {
        try
        {
            await _control.HearAsync(take, _host.Exited, s_silence);
        }
        catch (Exception)
        {
            KillNow();
        }

        if (!_isEnding)
            await ((Task)_host.Exited).WaitAsync(s_news).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _exited.SetResult(_host.Exited.IsCompleted ? await _host.Exited : "has ended it");
    }
}
