using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace SnakeHost.Gateway.Http;

/// <summary>What is known of the client at the other end of a connection: whether it still sends, and whether anything still reaches it.</summary>
/// <remarks>
/// A client that has ended its sending (FIN, <c>shutdown(SHUT_WR)</c>) may wait for its answer, or may have closed: until something is sent to it, TCP does not tell
/// the two apart (RFC 9112, 9.6). Kestrel takes it for gone and answers nothing. So Kestrel hears of a connection's end here only when the other direction has ended, too. An
/// answer then goes out as ever, and fails as ever when nobody takes it; those that wait for news of the client look at <see cref="SendingEnded"/>.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "Sources without a timer hold nothing but memory, and who is told by them may outlive the connection.")]
internal sealed class ClientConnection
{
    /// <summary>A client that has been silent for so long behind its request is gone for those who ask.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>For the access log: the client has not waited for its answer. nginx's number.</summary>
    public const int ClosedRequest = 499;

    private readonly CancellationTokenSource _closed = new();
    private readonly CancellationTokenSource _sendingEnded = new();
    private readonly Socket? _socket;

    private ClientConnection(Socket? socket) => _socket = socket;

    /// <summary>Cancelled when the client has ended its sending but not, as far as is known, the connection.</summary>
    public CancellationToken SendingEnded => _sendingEnded.Token;

    /// <summary>Middleware for Kestrel's connections.</summary>
    public static async Task FollowAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var client = new ClientConnection(connection.Features.Get<IConnectionSocketFeature>()?.Socket);
        connection.Features.Set(client);
        await using var registration = connection.ConnectionClosed.UnsafeRegister(static state => ((ClientConnection)state!).End(), client);
        connection.ConnectionClosed = client._closed.Token;
        await next(connection);
    }

    /// <summary>Whether nobody waits for the answer to this request, which has been waiting itself for that long.</summary>
    public static bool HasLeft(HttpContext context, TimeSpan waited) =>
        context.RequestAborted.IsCancellationRequested
        || (waited >= Patience && context.Features.Get<ClientConnection>() is { SendingEnded.IsCancellationRequested: true });

    /// <summary>Ends a request without an answer, because nobody waits for it.</summary>
    public static void Abandon(HttpContext context)
    {
        // For the access log and the metrics; the client gets nothing.
        if (!context.Response.HasStarted)
            context.Response.StatusCode = ClosedRequest;
        context.Abort();
    }

    /// <summary>The client of a request that comes from elsewhere: whoever passes it on says what becomes of the client.</summary>
    public static ClientConnection OfForwarded() => new(null);

    /// <summary>It has ended its sending.</summary>
    public void EndSending() => _sendingEnded.Cancel();

    private void End() => (IsHalfClosed() ? _sendingEnded : _closed).Cancel();

    private bool IsHalfClosed()
    {
        const int Tcp = 6, TcpInfo = 11, CloseWait = 8; // IPPROTO_TCP, TCP_INFO and TCP_CLOSE_WAIT of <netinet/tcp.h>
        if (_socket is null)
            return false;
        try
        {
            Span<byte> state = stackalloc byte[1];
            return _socket.GetRawSocketOption(Tcp, TcpInfo, state) == 1 && state[0] == CloseWait;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The server itself has closed it.
            return false;
        }
    }
}
