using System.Buffers;
using System.IO.Pipelines;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Win32.SafeHandles;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Http;

namespace SnakeHost.Gateway.Asgi;

/// <summary>What <c>snakehost/asgi.py</c> calls for a request. One set for the process: a request is named by its number.</summary>
/// <remarks>They run on a loop's thread, with the GIL held, and never wait: what takes time comes back as a <see cref="LoopEvent"/>.</remarks>
internal static class AsgiFunctions
{
    private delegate PyOwned Function(AsgiExchange exchange, ReadOnlySpan<PyBorrowed> arguments);

    /// <summary>A dict of the functions by name. Made once, with the GIL held; they live as long as the process.</summary>
    public static PyOwned Create() => NativeFunction.Table(
        ("start", Of(Start)), ("body", Of(Body)), ("receive", Of(Receive)), ("watch", Of(Watch)), ("fail", Of(Fail)), ("file", File), ("trailers", Of(Trailers)), ("note", Of(Note)));

    /// <summary>The first argument is the request's number. False when the request is over.</summary>
    private static NativeCallback Of(Function function) => arguments =>
        AsgiExchange.Table.Find(arguments[0].ToInt64()) is { } exchange ? function(exchange, arguments) : PyBorrowed.Boolean(false).Own();

    /// <summary>
    /// <c>start(id, status, headers, body, more)</c>: the head of the response and its first block of body; see <see cref="Body"/>.
    /// </summary>
    private static PyOwned Start(AsgiExchange exchange, ReadOnlySpan<PyBorrowed> arguments)
    {
        SetHead(exchange, arguments[1], arguments[2]);
        var more = arguments[4].IsTrue();
        if (more)
            Begin(exchange);
        else
            DeclareLength(exchange, Bytes(arguments[3]).Length);
        return Write(exchange, arguments[3], more);
    }

    private static void Begin(AsgiExchange exchange)
    {
        exchange.Begin();
        exchange.Measure?.Begin(exchange.Context.Response);
    }

    private static void SetHead(AsgiExchange exchange, PyBorrowed status, PyBorrowed headers)
    {
        var response = exchange.Context.Response;
        response.StatusCode = ResponseHead.CheckStatus(status.ToInt64());
        for (var i = 0; i < headers.ListLength; i++)
            AddHeader(response.Headers, headers.ListItem(i), mayClose: true);
        Drain.EndConnection(response);
        exchange.Remaining = ResponseHead.DeclaredLength(response);
    }

    /// <summary>The length of a body that is given whole, unless the app has declared one.</summary>
    private static void DeclareLength(AsgiExchange exchange, long length)
    {
        var response = exchange.Context.Response;
        if (!ResponseHead.HasNoBody(response.StatusCode) && (length > 0 || !HttpMethods.IsHead(exchange.Context.Request.Method)))
            response.ContentLength ??= length;
    }

    /// <summary>
    /// <c>file(id, head, descriptor, offset, count, more)</c>: a part of a file as the next part of the body; head is
    /// <c>(status, headers)</c> when the response has not started, else None. The descriptor is taken over. Gives what
    /// <see cref="Body"/> gives; when it is the last part, <c>Drained</c> tells that it is sent.
    /// </summary>
    private static PyOwned File(ReadOnlySpan<PyBorrowed> arguments)
    {
        var file = new SafeFileHandle((nint)arguments[2].ToInt64(), ownsHandle: true);
        try
        {
            if (AsgiExchange.Table.Find(arguments[0].ToInt64()) is not { } exchange)
            {
                file.Dispose();
                return PyBorrowed.Boolean(false).Own();
            }

            var (head, count, more) = (arguments[1], arguments[4].ToInt64(), arguments[5].IsTrue());
            if (!head.IsNone)
            {
                SetHead(exchange, head.TupleItem(0), head.TupleItem(1));
                if (more)
                    Begin(exchange);
                else
                    DeclareLength(exchange, count);
            }

            if (HttpMethods.IsHead(exchange.Context.Request.Method) || ResponseHead.HasNoBody(exchange.Context.Response.StatusCode))
                count = 0;
            CountDown(exchange, count);
            exchange.CountSent(count);
            exchange.SendFile(new FilePart(file, arguments[3].ToInt64(), count), more);
            return PyBorrowed.Boolean(true).Own();
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary><c>trailers(id, headers, more)</c>: fields behind the body, which are dropped for a client that has not asked for any.</summary>
    private static PyOwned Trailers(AsgiExchange exchange, ReadOnlySpan<PyBorrowed> arguments)
    {
        if (ResponseTrailers.AreWanted(exchange.Context))
        {
            var trailers = exchange.Context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;
            for (var i = 0; i < arguments[1].ListLength; i++)
                AddHeader(trailers, arguments[1].ListItem(i));
        }

        if (!arguments[2].IsTrue())
            exchange.Complete();
        return PyBorrowed.None.Own();
    }

    /// <summary>
    /// <c>body(id, data, more)</c>: None when it is done, True when the pipe is full and <c>Drained</c> will be told, False when the
    /// client is gone.
    /// </summary>
    private static PyOwned Body(AsgiExchange exchange, ReadOnlySpan<PyBorrowed> arguments) => Write(exchange, arguments[1], arguments[2].IsTrue());

    /// <summary>
    /// <c>receive(id)</c>: <c>(data, last)</c> when a part of the body is at hand, else None and <c>Body</c> will be told; False when
    /// the request is over.
    /// </summary>
    private static PyOwned Receive(AsgiExchange exchange, ReadOnlySpan<PyBorrowed> arguments)
    {
        try
        {
            if (exchange.TryTakeBody(out var part))
                return part;
        }
        catch (Exception e) when (RequestFraming.IsBrokenBody(e))
        {
            // The same error meets the asynchronous read, which tells it the app.
        }

        exchange.StartReading();
        return PyBorrowed.None.Own();
    }

    /// <summary><c>watch(id)</c>: the client's leaving is to be told. False when the request is over.</summary>
    private static PyOwned Watch(AsgiExchange exchange, ReadOnlySpan<PyBorrowed> arguments)
    {
        exchange.WatchForDisconnect();
        return PyBorrowed.None.Own();
    }

    /// <summary>
    /// <c>fail(id, error)</c>: the app raised, or ended without an answer; <c>error</c> is the JSON of <c>errors.describe</c>, or
    /// a sentence, or None when it did so because the client is gone. False when the answer was complete by then.
    /// </summary>
    private static PyOwned Fail(AsgiExchange exchange, ReadOnlySpan<PyBorrowed> arguments)
    {
        if (arguments[1].IsNone && exchange.BadRequest is null)
        {
            // An accepted socket ends by itself: its reader sees the same.
            if (exchange is not WebSocketExchange { IsAccepted: true })
                exchange.Abandon();
            return PyBorrowed.Boolean(true).Own();
        }

        var text = arguments[1].IsNone ? "" : arguments[1].ToString();
        var failure = exchange.BadRequest is { } bad ? new AppFailedException(bad.Message, bad.StatusCode)
            : text.StartsWith('{') ? new AppFailedException(PythonErrorJson.Parse(text))
            : new AppFailedException(text);
        exchange.Failure = failure;
        if (exchange is WebSocketExchange { IsAccepted: true } socket)
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

    /// <summary><c>note(id, route, error, said)</c>: what the framework knows; see <see cref="RequestMeasure.Note"/>.</summary>
    private static PyOwned Note(AsgiExchange exchange, ReadOnlySpan<PyBorrowed> arguments)
    {
        exchange.Measure?.Note(arguments[1].ToStringOrNull(), arguments[2].ToStringOrNull(), arguments[3].ToStringOrNull());
        return PyBorrowed.None.Own();
    }

    internal static void AddHeader(IHeaderDictionary headers, PyBorrowed header, bool mayClose = false)
    {
        PyBorrowed name, value;
        if (header.IsTuple && header.TupleLength == 2)
            (name, value) = (header.TupleItem(0), header.TupleItem(1));
        else if (header.IsList && header.ListLength == 2)
            (name, value) = (header.ListItem(0), header.ListItem(1));
        else
        {
            // Any other iterable of two.
            using var builtins = Py.Import("builtins");
            using var tuple = builtins.Attribute("tuple");
            using var pair = tuple.Call(header);
            if (pair.Borrow().TupleLength != 2)
                throw NativeError.Type("A response header is not a pair of bytes (ASGI, \"Response Start\").");
            AddHeader(headers, pair, mayClose);
            return;
        }

        if (!name.IsBytes || !value.IsBytes)
            throw NativeError.Type("The name and the value of a response header are to be bytes (ASGI, \"Response Start\").");
        ResponseHead.Add(headers, name.AsBytes(), value.AsBytes(), mayClose);
    }

    private static PyOwned Write(AsgiExchange exchange, PyBorrowed body, bool more)
    {
        var data = Bytes(body);
        var response = exchange.Context.Response;
        if (!ResponseHead.HasNoBody(response.StatusCode) && !data.IsEmpty && !HttpMethods.IsHead(exchange.Context.Request.Method))
        {
            CountDown(exchange, data.Length);
            if (!more && data.Length >= BytesPart.Minimum)
            {
                exchange.Rest = new BytesPart(body, data.Length);
            }
            else
            {
                exchange.CountSent(data.Length);
                response.BodyWriter.Write(data);
            }
        }

        if (!more)
        {
            exchange.CompleteHere();
            return PyBorrowed.None.Own();
        }

        // Not the flush that is cancelled: it would raise here what no app expects. Once the connection is aborted, Kestrel drops what is
        // written and calls it flushed: an app that sends for ever would never end.
        if (exchange.Context.RequestAborted.IsCancellationRequested)
            return PyBorrowed.Boolean(false).Own();
        var flush = response.BodyWriter.FlushAsync(CancellationToken.None);
        if (!flush.IsCompletedSuccessfully)
        {
            exchange.AwaitFlush(flush);
            return PyBorrowed.Boolean(true).Own();
        }

        return flush.Result.IsCompleted ? PyBorrowed.Boolean(false).Own() : PyBorrowed.None.Own();
    }

    private static void CountDown(AsgiExchange exchange, long length)
    {
        if (exchange.Remaining < 0 || HttpMethods.IsHead(exchange.Context.Request.Method))
            return;
        if (length > exchange.Remaining)
            throw NativeError.Runtime("The response body is longer than its Content-Length.");
        exchange.Remaining -= length;
    }

    private static ReadOnlySpan<byte> Bytes(PyBorrowed data) => data.IsBytes
        ? data.AsBytes()
        : throw NativeError.Type("The body of a response is to be bytes (ASGI, \"Response Body\").");
}
