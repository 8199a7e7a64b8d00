using System.Buffers;
using System.IO.Pipelines;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.CPython;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>Blocks of a response body on their way into Kestrel's pipe.</summary>
internal static class WsgiBody
{
    /// <summary>Up to here a block is copied at once, and its thread is free for the next request while the client takes its time.</summary>
    private const int Whole = 256 * 1024;

    /// <summary>A larger block goes by such parts, each when the pipe has room: a slow client must not make a second copy of it grow here.</summary>
    private const int Part = 64 * 1024;

    public static ReadOnlySpan<byte> Bytes(PyBorrowed data) => data.IsBytes
        ? data.AsBytes()
        : throw NativeError.Type("A block of the response body is not bytes.");

    /// <summary>Whether the client gets no body, whatever the app gives.</summary>
    public static bool IsForbidden(HttpContext context) =>
        ResponseHead.HasNoBody(context.Response.StatusCode) || HttpMethods.IsHead(context.Request.Method);

    /// <summary>
    /// Writes a block, as far as the declared length allows: more would end in the middle of the next response on this connection. True
    /// when some of it was left out.
    /// </summary>
    public static bool Write(WsgiExchange exchange, ReadOnlySpan<byte> data)
    {
        var excess = exchange.Remaining >= 0 && data.Length > exchange.Remaining;
        if (excess)
            data = data[..(int)exchange.Remaining];
        if (exchange.Remaining >= 0)
            exchange.Remaining -= data.Length;

        exchange.CountSent(data.Length);
        var writer = exchange.Context.Response.BodyWriter;
        while (data.Length > Whole)
        {
            writer.Write(data[..Part]);
            data = data[Part..];
            Flush(exchange);
        }

        writer.Write(data);
        return excess;
    }

    /// <summary>Sends what has been written; returns once the pipe has room again.</summary>
    /// <exception cref="NativeError">The client has gone.</exception>
    public static void Flush(WsgiExchange exchange)
    {
        try
        {
            var flush = exchange.Context.Response.BodyWriter.FlushAsync(exchange.Context.RequestAborted);
            if (!(flush.IsCompleted ? flush.GetAwaiter().GetResult() : Wait(flush)).IsCompleted)
                return;
        }
        catch (OperationCanceledException)
        {
            // Kestrel throws at once, or later, when the connection has been aborted.
        }

        throw exchange.ClientHasLeft();
    }

    private static FlushResult Wait(ValueTask<FlushResult> flush)
    {
        using (Gil.Release())
            return flush.AsTask().GetAwaiter().GetResult();
    }
}
