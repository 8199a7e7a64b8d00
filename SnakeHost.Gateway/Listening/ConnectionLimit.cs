using Microsoft.AspNetCore.Connections;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Listening;

/// <summary>Refuses connections beyond a number, of all public listeners together.</summary>
/// <remarks>Kestrel's own limit does not count WebSockets, which take a descriptor like any other.</remarks>
internal sealed partial class ConnectionLimit(int most, ILogger<ConnectionLimit> logger)
{
    private int _open;
    private bool _isTold;

    /// <summary>As configured, else as the process's descriptors allow; null when nothing limits them.</summary>
    public static ConnectionLimit? Create(LimitOptions options, ILogger<ConnectionLimit> logger)
    {
        var descriptors = DescriptorLimit.Value;
        if (descriptors < DescriptorLimit.Few)
            Log.FewDescriptors(logger, descriptors.Value, DescriptorLimit.Few);
        return (options.MaxConnections ?? DescriptorLimit.Connections(descriptors)) is { } most ? new ConnectionLimit(most, logger) : null;
    }

    /// <summary>Middleware for Kestrel's connections.</summary>
    /// <param name="connection">One that has been accepted.</param>
    /// <param name="refusal">Is sent in place of that when there are too many.</param>
    public async Task CountAsync(ConnectionContext connection, ConnectionDelegate next, ReadOnlyMemory<byte> refusal)
    {
        var open = Interlocked.Increment(ref _open);
        try
        {
            if (open <= most)
                await next(connection);
            else
                await RefuseAsync(connection, refusal);
        }
        finally
        {
            // Told again once there was room for a while.
            if (Interlocked.Decrement(ref _open) < most / 2)
                _isTold = false;
        }
    }

    private async Task RefuseAsync(ConnectionContext connection, ReadOnlyMemory<byte> refusal)
    {
        if (!_isTold)
        {
            _isTold = true;
            Log.Reached(logger, most);
        }

        if (refusal.IsEmpty)
        {
            connection.Abort();
            return;
        }

        await connection.Transport.Output.WriteAsync(refusal);
        await connection.Transport.Output.CompleteAsync();
    }

    private static partial class Log
    {
        [LoggerMessage(230, LogLevel.Warning, "The process may have only {Descriptors} files and connections open, fewer than {Few}: raise the limit (ulimit -n, LimitNOFILE=)")]
        public static partial void FewDescriptors(ILogger logger, long descriptors, long few);

        [LoggerMessage(231, LogLevel.Warning, "{Most} connections are open (SnakeHost:Limits:MaxConnections): further ones are refused")]
        public static partial void Reached(ILogger logger, int most);
    }
}
