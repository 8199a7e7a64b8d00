using System.Net;
using System.Net.Sockets;

namespace SnakeHost.Gateway.Workers;

/// <summary>The port to which editors attach, on loopback: it stays when the process behind it is another one.</summary>
internal sealed class DebugRelay : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly Socket _listener;
    private readonly Func<CancellationToken, Task<int>> _target;
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Socket> _sockets = [];
    private readonly Dictionary<Socket, int> _targets = [];

    private DebugRelay(Socket listener, Func<CancellationToken, Task<int>> target)
    {
        (_listener, _target) = (listener, target);
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        _ = AcceptAsync();
    }

    public int Port { get; }

    /// <param name="port">Where to listen.</param>
    /// <param name="target">Waits for the port on loopback where a debugger listens.</param>
    /// <exception cref="SocketException">It cannot be listened there.</exception>
    public static DebugRelay Open(int port, Func<CancellationToken, Task<int>> target)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
            listener.Listen();
            return new DebugRelay(listener, target);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>Cuts the editors off: what the debugger holds goes on.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _end.Cancel();
            _listener.Dispose();
            foreach (var socket in _sockets)
                socket.Dispose();
        }
    }

    /// <summary>Cuts off the editors of a debugger that has ended.</summary>
    public void Cut(int target)
    {
        lock (_gate)
        {
            foreach (var (debugger, port) in _targets)
            {
                if (port == target)
                    debugger.Dispose();
            }
        }
    }

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                _ = RelayAsync(await _listener.AcceptAsync(_end.Token));
            }
            catch (SocketException)
            {
                // A client that has gone again; or there is no descriptor left, which lasts.
                await Task.Delay(s_pause, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException)
            {
                // The end.
            }
        }
    }

    private async Task RelayAsync(Socket editor)
    {
        using var debugger = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using (editor)
        {
            if (!Keep(editor, debugger))
                return;
            try
            {
                var target = await _target(_end.Token);
                lock (_gate)
                    _targets[debugger] = target;
                await debugger.ConnectAsync(new IPEndPoint(IPAddress.Loopback, target), _end.Token);
                (editor.NoDelay, debugger.NoDelay) = (true, true);
                await Task.WhenAll(CopyAsync(editor, debugger), CopyAsync(debugger, editor));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // Either has ended.
            }
            finally
            {
                lock (_gate)
                {
                    _sockets.Remove(editor);
                    _sockets.Remove(debugger);
                    _targets.Remove(debugger);
                }
            }
        }
    }

    private bool Keep(Socket editor, Socket debugger)
    {
        lock (_gate)
        {
            if (_end.IsCancellationRequested)
                return false;
            _sockets.Add(editor);
            _sockets.Add(debugger);
            return true;
        }
    }

    /// <summary>Until one side ends its sending, which the other one is told.</summary>
    private static async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[1 << 14];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var length)
            {
                for (var sent = 0; sent < length;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, length - sent));
            }
        }
        finally
        {
            to.Shutdown(SocketShutdown.Send);
        }
    }
}
