using System.Buffers;
using System.IO.Pipelines;
using System.Net.WebSockets;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Http;

namespace SnakeHost.Gateway.Asgi;

/// <summary>What <c>Runtime/asgi.py</c> calls for a request. One set for the process: a request is named by its number.</summary>
/// <remarks>They run on a loop's thread, with the GIL held, and never wait: what takes time comes back as a <see cref="LoopEvent"/>.</remarks>
internal static class AsgiFunctions
{
    /// <summary>A dict of the functions by name. Made once, with the GIL held; they live as long as the process.</summary>
    public static PyOwned Create()
    {
        var functions = Py.Dict();
        Add(functions, "start", Start);
        Add(functions, "body", Body);
        Add(functions, "receive", Receive);
        Add(functions, "watch", Watch);
        Add(functions, "fail", Fail);
        return functions;
    }

    internal static void Add(PyBorrowed functions, string name, NativeCallback callback)
    {
        using var key = Py.Interned(name);
        Py.Set(functions, key, new NativeFunction(name, callback));
    }

    /// <summary>
    /// <c>start(id, status, headers, body, more)</c>: the head of the response and its first block of body; see <see cref="Body"/>.
    /// </summary>
    private static PyOwned Start(ReadOnlySpan<PyBorrowed> arguments)
    {
        if (AsgiExchange.Table.Find(arguments[0].ToInt64()) is not { } exchange)
            return PyBorrowed.Boolean(false).Own();
        var response = exchange.Context.Response;
        response.StatusCode = ResponseHead.CheckStatus(arguments[1].ToInt64());
        var headers = arguments[2];
        for (var i = 0; i < headers.ListLength; i++)
            AddHeader(response, headers.ListItem(i));
        exchange.Remaining = ResponseHead.DeclaredLength(response);

        var more = arguments[4].IsTrue();
        if (more)
            exchange.Begin();
        if (!more && !ResponseHead.HasNoBody(response.StatusCode))
        {
            var length = Bytes(arguments[3]).Length;
            if (length > 0 || !HttpMethods.IsHead(exchange.Context.Request.Method))
                response.ContentLength ??= length;
        }

        return Write(exchange, arguments[3], more);
    }

    /// <summary>
    /// <c>body(id, data, more)</c>: None when it is done, True when the pipe is full and <c>Drained</c> will be told, False when the
    /// client is gone.
    /// </summary>
    private static PyOwned Body(ReadOnlySpan<PyBorrowed> arguments) =>
        AsgiExchange.Table.Find(arguments[0].ToInt64()) is { } exchange
            ? Write(exchange, arguments[1], arguments[2].IsTrue())
            : PyBorrowed.Boolean(false).Own();

    /// <summary>
    /// <c>receive(id)</c>: <c>(data, last)</c> when a part of the body is at hand, else None and <c>Body</c> will be told; False when
    /// the request is over.
    /// </summary>
    private static PyOwned Receive(ReadOnlySpan<PyBorrowed> arguments)
    {
        if (AsgiExchange.Table.Find(arguments[0].ToInt64()) is not { } exchange)
            return PyBorrowed.Boolean(false).Own();
        var reader = exchange.Context.Request.BodyReader;
        var ready = false;
        ReadResult read = default;
        try
        {
            ready = reader.TryRead(out read);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The same error meets the asynchronous read, which tells it the app.
        }

        if (!ready)
        {
            exchange.StartReading();
            return PyBorrowed.None.Own();
        }

        var part = Py.Tuple(Py.Bytes(read.Buffer), PyBorrowed.Boolean(read.IsCompleted).Own());
        reader.AdvanceTo(read.Buffer.End);
        return part;
    }

    /// <summary><c>watch(id)</c>: the client's leaving is to be told. False when the request is over.</summary>
    private static PyOwned Watch(ReadOnlySpan<PyBorrowed> arguments)
    {
        if (AsgiExchange.Table.Find(arguments[0].ToInt64()) is not { } exchange)
            return PyBorrowed.Boolean(false).Own();
        exchange.WatchForDisconnect();
        return PyBorrowed.None.Own();
    }

    /// <summary>
    /// <c>fail(id, error)</c>: the app raised, or ended without an answer; <c>error</c> is the JSON of <c>errors.describe</c>, or
    /// a sentence. False when the answer was complete by then.
    /// </summary>
    private static PyOwned Fail(ReadOnlySpan<PyBorrowed> arguments)
    {
        if (AsgiExchange.Table.Find(arguments[0].ToInt64()) is not { } exchange)
            return PyBorrowed.Boolean(false).Own();
        var text = arguments[1].ToString();
        var failure = exchange.BadRequest is { } bad ? new AppFailedException(bad.Message, bad.StatusCode)
            : text.StartsWith('{') ? new AppFailedException(PythonErrorJson.Parse(text))
            : new AppFailedException(text);
        exchange.Failure = failure;
        if (exchange is AsgiSocketExchange { IsAccepted: true } socket)
        {
            failure.IsTold = true;
            socket.Close((int)WebSocketCloseStatus.InternalServerError, "");
        }
        else
        {
            exchange.Complete();
        }

        return PyBorrowed.Boolean(true).Own();
    }

    internal static void AddHeader(HttpResponse response, PyBorrowed header)
    {
        PyBorrowed name, value;
        if (header.IsTuple && header.TupleLength == 2)
            (name, value) = (header.TupleItem(0), header.TupleItem(1));
        else if (header.IsList && header.ListLength == 2)
            (name, value) = (header.ListItem(0), header.ListItem(1));
        else
            throw NativeError.Type("A response header is not a pair of bytes (ASGI, \"Response Start\").");
        if (!name.IsBytes || !value.IsBytes)
            throw NativeError.Type("The name and the value of a response header are to be bytes (ASGI, \"Response Start\").");
        ResponseHead.Add(response.Headers, name.AsBytes(), value.AsBytes());
    }

    private static PyOwned Write(AsgiExchange exchange, PyBorrowed body, bool more)
    {
        var data = Bytes(body);
        var response = exchange.Context.Response;
        if (!ResponseHead.HasNoBody(response.StatusCode) && !data.IsEmpty)
        {
            if (exchange.Remaining >= 0 && !HttpMethods.IsHead(exchange.Context.Request.Method))
            {
                if (data.Length > exchange.Remaining)
                    throw NativeError.Runtime("The response body is longer than its Content-Length.");
                exchange.Remaining -= data.Length;
            }

            exchange.Measure?.Send(data.Length);
            response.BodyWriter.Write(data);
        }

        if (!more)
        {
            exchange.Complete();
            return PyBorrowed.None.Own();
        }

        var flush = response.BodyWriter.FlushAsync(exchange.Context.RequestAborted);
        if (!flush.IsCompletedSuccessfully)
        {
            exchange.AwaitFlush(flush);
            return PyBorrowed.Boolean(true).Own();
        }

        return flush.Result.IsCompleted ? PyBorrowed.Boolean(false).Own() : PyBorrowed.None.Own();
    }

    private static ReadOnlySpan<byte> Bytes(PyBorrowed data) => data.IsBytes
        ? data.AsBytes()
        : throw NativeError.Type("The body of a response is to be bytes (ASGI, \"Response Body\").");
}
