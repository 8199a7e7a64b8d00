using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace SnakeHost.Gateway.Listening;

/// <summary>What the public server listens at, to be closed without breaking a connection.</summary>
/// <remarks>
/// The kernel has made a connection before anybody accepts it, and the client may have sent its request by then. It resets those that still wait in the queue when their listener is closed. So,
/// on Linux, no further one is begun first (what asks for one comes again after a second, and is refused then), those that are there are accepted, and then the listener is closed.
/// A server that stops closes the connections on which no request has begun, so what the client has sent on each is read before that.
/// </remarks>
/// <param name="isShared">Whether other processes listen at the same addresses.</param>
internal sealed class PublicSockets(bool isShared)
{
    /// <summary>What a connection that is being made takes to be made, and its first bytes to arrive and to be read.</summary>
    private static readonly TimeSpan s_roundTrip = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(1);

    private readonly List<Socket> _sockets = [];
    private readonly ConcurrentDictionary<Socket, bool> _open = new();

    /// <summary>Whether other processes listen at the same addresses.</summary>
    public bool IsShared => isShared;

    /// <summary>A socket for Kestrel to listen on.</summary>
    public Socket Bind(EndPoint address)
    {
        var socket = isShared && address is IPEndPoint endpoint ? SharedAddress.Join(endpoint) : SocketTransportOptions.CreateDefaultBoundListenSocket(address);
        lock (_sockets)
            _sockets.Add(socket);
        return socket;
    }

    /// <summary>Middleware for Kestrel's connections: knows which are open.</summary>
    public async Task FollowAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket)
        {
            await next(connection);
            return;
        }

        _open.TryAdd(socket, true);
        try
        {
            await next(connection);
        }
        finally
        {
            _open.TryRemove(socket, out _);
        }
    }

    /// <summary>Takes no more connections. Those that are there go on.</summary>
    /// <param name="hurry">Ends the waiting.</param>
    public async Task CloseAsync(CancellationToken hurry)
    {
        Socket[] sockets;
        lock (_sockets)
            sockets = [.. _sockets];

        if (OperatingSystem.IsLinux())
        {
            foreach (var socket in sockets)
                BeginNoMore(socket);
            await WaitAsync(s_roundTrip, hurry);
            while (!hurry.IsCancellationRequested && Array.Exists(sockets, HasWaiting))
                await WaitAsync(s_look, hurry);
        }

        foreach (var socket in sockets)
            socket.Dispose();
        do
        {
            await WaitAsync(s_roundTrip, hurry);
        }
        while (OperatingSystem.IsLinux() && !hurry.IsCancellationRequested && _open.Keys.Any(IsUnread));
    }

    private static async Task WaitAsync(TimeSpan time, CancellationToken hurry) =>
        await Task.Delay(time, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>The kernel drops what asks for a connection: a segment with SYN. A filter of a TCP socket sees segments from their TCP header on, in which byte 13 holds the flags (RFC 9293, 3.1).</summary>
    private static unsafe void BeginNoMore(Socket socket)
    {
        const int SocketLevel = 1, AttachFilter = 26; // SOL_SOCKET and SO_ATTACH_FILTER of <asm/socket.h>
        const ushort LoadByte = 0x30, JumpIfAny = 0x45, Return = 0x06; // BPF_LD|BPF_B|BPF_ABS, BPF_JMP|BPF_JSET|BPF_K and BPF_RET|BPF_K of <linux/bpf_common.h>
        const uint Flags = 13, Syn = 2;
        var instructions = stackalloc FilterInstruction[]
        {
            new(LoadByte, 0, 0, Flags),
            new(JumpIfAny, 0, 1, Syn),
            new(Return, 0, 0, 0),
            new(Return, 0, 0, uint.MaxValue),
        };
        var program = new FilterProgram(4, instructions);
        try
        {
            socket.SetRawSocketOption(SocketLevel, AttachFilter, new ReadOnlySpan<byte>(&program, sizeof(FilterProgram)));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // A socket of another kind, or a kernel without filters: closing it may break a connection, as it would have without this.
        }
    }

    /// <summary>Whether there are connections that nobody has accepted.</summary>
    private static bool HasWaiting(Socket socket)
    {
        const int Tcp = 6, TcpInfo = 11, Unacknowledged = 24; // IPPROTO_TCP, TCP_INFO, and tcpi_unacked of <linux/tcp.h>, which is the length of a listener's queue
        Span<byte> info = stackalloc byte[Unacknowledged + sizeof(int)];
        try
        {
            return socket.GetRawSocketOption(Tcp, TcpInfo, info) == info.Length && MemoryMarshal.Read<int>(info[Unacknowledged..]) > 0;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Whether the client has sent something of which nobody has read anything.</summary>
    private static bool IsUnread(Socket connection)
    {
        const int Tcp = 6, TcpInfo = 11, Received = 128; // IPPROTO_TCP, TCP_INFO, and tcpi_bytes_received of <linux/tcp.h>, which counts a FIN too
        Span<byte> info = stackalloc byte[Received + sizeof(ulong)];
        try
        {
            return connection.Available is > 0 and var waiting
                && connection.GetRawSocketOption(Tcp, TcpInfo, info) == info.Length
                && MemoryMarshal.Read<ulong>(info[Received..]) <= (ulong)waiting + 1;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary><c>struct sock_filter</c> of &lt;linux/filter.h&gt;.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct FilterInstruction(ushort code, byte ifTrue, byte ifFalse, uint value)
    {
        private readonly ushort _code = code;
        private readonly byte _ifTrue = ifTrue;
        private readonly byte _ifFalse = ifFalse;
        private readonly uint _value = value;
    }

    /// <summary><c>struct sock_fprog</c> of &lt;linux/filter.h&gt;.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly unsafe struct FilterProgram(ushort length, FilterInstruction* instructions)
    {
        private readonly ushort _length = length;
        private readonly FilterInstruction* _instructions = instructions;
    }
}
