using System.Text;
using SnakeHost.Gateway.CPython;

namespace SnakeHost.Gateway.Asgi;

/// <summary>What <c>snakehost/websocket.py</c> calls beside <see cref="AsgiFunctions"/>, under the same rules.</summary>
internal static class AsgiSocketFunctions
{
    /// <summary>A close frame holds so many bytes of reason at most (RFC 6455, 5.5).</summary>
    private const int MaxReason = 123;

    /// <summary>A dict of the functions by name. Made once, with the GIL held; they live as long as the process.</summary>
    public static PyOwned Create() => NativeFunction.Table(
        ("accept", Accept), ("taken", Taken), ("send", Send), ("close", Close));

    /// <summary><c>accept(id, subprotocol, headers)</c>: True, and <c>Drained</c> will be told; False when the client is gone.</summary>
    private static PyOwned Accept(ReadOnlySpan<PyBorrowed> arguments)
    {
        if (Find(arguments[0]) is not { IsAccepted: false } exchange)
            return PyBorrowed.Boolean(false).Own();
        var headers = arguments[2];
        for (var i = 0; i < headers.ListLength; i++)
            AsgiFunctions.AddHeader(exchange.Context.Response.Headers, headers.ListItem(i));
        exchange.Accept(arguments[1].IsNone ? null : arguments[1].ToString());
        return PyBorrowed.Boolean(true).Own();
    }

    /// <summary><c>taken(id, count, length)</c>: the app has received so many messages, of so many bytes together.</summary>
    private static PyOwned Taken(ReadOnlySpan<PyBorrowed> arguments)
    {
        Find(arguments[0])?.Take((int)arguments[1].ToInt64(), arguments[2].ToInt64());
        return PyBorrowed.None.Own();
    }

    /// <summary><c>send(id, data, is_text)</c>: None, True or False as <see cref="AsgiFunctions"/>' <c>body</c>.</summary>
    private static PyOwned Send(ReadOnlySpan<PyBorrowed> arguments)
    {
        if (!arguments[1].IsBytes)
            throw NativeError.Type("The 'bytes' of a WebSocket message are to be bytes (ASGI, \"Send\").");
        if (Find(arguments[0]) is not { } exchange)
            return PyBorrowed.Boolean(false).Own();
        return exchange.Send(arguments[1].AsBytes(), arguments[2].IsTrue()) is { } pending
            ? PyBorrowed.Boolean(pending).Own()
            : PyBorrowed.None.Own();
    }

    /// <summary><c>close(id, code, reason)</c>: begins to close; <c>Closed</c> will be told.</summary>
    private static PyOwned Close(ReadOnlySpan<PyBorrowed> arguments)
    {
        var code = arguments[1].ToInt64();
        if (code is < 1000 or > 4999 or 1004 or 1005 or 1006 or 1015)
            throw NativeError.Value($"{code} is not a close code that may be sent (RFC 6455, section 7.4).");
        var reason = arguments[2].AsUtf8();
        if (reason.Length > MaxReason)
            throw NativeError.Value($"The reason of a close is at most {MaxReason} bytes long, not {reason.Length} (RFC 6455, section 5.5).");
        Find(arguments[0])?.Close((int)code, Encoding.UTF8.GetString(reason));
        return PyBorrowed.None.Own();
    }

    private static WebSocketExchange? Find(PyBorrowed id) => AsgiExchange.Table.Find(id.ToInt64()) as WebSocketExchange;
}
