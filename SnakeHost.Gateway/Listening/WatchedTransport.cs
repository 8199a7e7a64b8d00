using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace SnakeHost.Gateway.Listening;

/// <summary>Kestrel's connections on <see cref="SocketThread"/>.</summary>
internal sealed class WatchedTransport(IOptions<SocketTransportOptions> options, IMemoryPoolFactory<byte> memory) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly Lazy<SocketThread> _thread = new(SocketThread.Start);

    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = options.Value.CreateBoundListenSocket(endpoint);
        try
        {
            socket.Listen(options.Value.Backlog);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            throw new AddressInUseException(e.Message, e);
        }

        return ValueTask.FromResult<IConnectionListener>(new Listener(_thread.Value, socket, options.Value, memory.Create()));
    }

    private sealed class Listener(SocketThread thread, Socket socket, SocketTransportOptions options, MemoryPool<byte> memory) : IConnectionListener
    {
        private static long s_connections = DateTime.UtcNow.Ticks;

        private readonly PipeOptions _input = Options(memory, options.MaxReadBufferSize ?? 0), _output = Options(memory, options.MaxWriteBufferSize ?? 0);

        public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (true)
            {
                Socket? accepted = null;
                try
                {
                    accepted = await socket.AcceptAsync(cancellationToken);
                    accepted.NoDelay = options.NoDelay;
                    var id = Interlocked.Increment(ref s_connections).ToString("X", CultureInfo.InvariantCulture);
                    var connection = new WatchedConnection(thread, accepted, memory, _input, _output, id);
                    connection.Start();
                    return connection;
                }
                catch (ObjectDisposedException)
                {
                    return null;
                }
                catch (SocketException e) when (accepted is null && e.SocketErrorCode == SocketError.OperationAborted)
                {
                    return null;
                }
                catch (Exception e) when (e is SocketException or IOException)
                {
                    // It has ended before it was accepted, or cannot be watched.
                    accepted?.Dispose();
                }
            }
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            socket.Dispose();
            return default;
        }

        public ValueTask DisposeAsync()
        {
            socket.Dispose();
            memory.Dispose();
            return default;
        }

        private static PipeOptions Options(MemoryPool<byte> memory, long most) =>
            new(memory, PipeScheduler.Inline, PipeScheduler.Inline, most, most / 2, useSynchronizationContext: false);
    }
}
