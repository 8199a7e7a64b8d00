using System.IO.Pipelines;
using Microsoft.Win32.SafeHandles;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Http;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>What <c>snakehost/wsgi.py</c> calls. One set for the process: a request is named by its number.</summary>
/// <remarks>
/// They run on the thread that runs the app, with the GIL held, and give it back while they wait for the network: the network's pace
/// is the client's, and no other app must feel it.
/// </remarks>
internal static class WsgiFunctions
{
    /// <summary>Results of <c>respond</c> and <c>write</c>; the same numbers stand in <c>wsgi.py</c>.</summary>
    private const int GoOn = 0, Enough = 1, TooMuch = 2;

    /// <summary>A dict of the functions by name. Made once, with the GIL held; they live as long as the process.</summary>
    public static PyOwned Create() => NativeFunction.Table(
        ("read", Read), ("start", Start), ("respond", Respond), ("write", Write), ("send_file", SendFile), ("finish", Finish), ("fail", Fail), ("taken", Taken), ("note", Note));

    /// <summary><c>read(id, size) -> bytes</c>: at least one and at most <c>size</c> bytes of the request body; empty at its end.</summary>
    private static PyOwned Read(ReadOnlySpan<PyBorrowed> arguments)
    {
        var exchange = WsgiExchange.Find(arguments[0].ToInt64());
        var size = arguments[1].ToInt64();
        var reader = exchange.Context.Request.BodyReader;
        try
        {
            while (true)
            {
                if (!reader.TryRead(out var result))
                {
                    using (Gil.Release())
                        result = Wait(reader.ReadAsync(exchange.Context.RequestAborted));
                }

                var chunk = result.Buffer.Slice(0, Math.Min(size, result.Buffer.Length));
                if (chunk.IsEmpty && !result.IsCompleted)
                {
                    // A cancelled read (UnknownLength): not the end.
                    reader.AdvanceTo(chunk.End);
                    continue;
                }

                var bytes = Py.Bytes(chunk);
                exchange.CountReceived(chunk.Length);
                reader.AdvanceTo(chunk.End);
                return bytes;
            }
        }
        catch (Exception e) when (RequestFraming.AsBadRequest(e) is { } bad)
        {
            exchange.BadRequest = bad;
            throw NativeError.Os(e.Message);
        }
        catch (Exception e) when (RequestFraming.IsBrokenBody(e))
        {
            throw exchange.ClientHasLeft();
        }

        static ReadResult Wait(ValueTask<ReadResult> task) => task.IsCompleted ? task.Result : task.AsTask().GetAwaiter().GetResult();
    }

    /// <summary><c>start(id, status, headers)</c>: checks them and puts them on the response, in place of those that an earlier call put there.</summary>
    private static PyOwned Start(ReadOnlySpan<PyBorrowed> arguments)
    {
        var exchange = WsgiExchange.Find(arguments[0].ToInt64());
        if (exchange.Socket?.Decide() == true)
            return PyBorrowed.None.Own();
        var response = exchange.Context.Response;
        if (exchange.HasHead)
            response.Clear();
        exchange.HasHead = true;
        WsgiHead.Set(response, arguments[1], arguments[2]);
        exchange.Remaining = ResponseHead.DeclaredLength(response);
        return PyBorrowed.None.Own();
    }

    /// <summary><c>respond(id, body) -> int</c>: the whole body at once.</summary>
    private static PyOwned Respond(ReadOnlySpan<PyBorrowed> arguments)
    {
        var exchange = WsgiExchange.Find(arguments[0].ToInt64());
        if (exchange.Socket?.Decide() == true)
            return Py.Int(Enough);
        var body = WsgiBody.Bytes(arguments[1]);
        var response = exchange.Context.Response;
        var result = Enough;
        if (!ResponseHead.HasNoBody(response.StatusCode))
        {
            // With one block of body its length is known: PEP 3333, "Handling the Content-Length Header".
            response.ContentLength ??= body.Length;
            if (exchange.Remaining < 0)
                exchange.Remaining = body.Length;
            if (!HttpMethods.IsHead(exchange.Context.Request.Method))
            {
                if (body.Length >= BytesPart.Minimum)
                {
                    exchange.Rest = new BytesPart(arguments[1], Math.Min(body.Length, exchange.Remaining));
                    result = body.Length > exchange.Remaining ? TooMuch : Enough;
                }
                else
                {
                    if (WsgiBody.Write(exchange, body))
                        result = TooMuch;
                    // Too short: what there is goes out, so that the failure ends the connection.
                    if (exchange.Remaining > 0)
                        WsgiBody.Flush(exchange);
                }
            }
        }

        exchange.CompleteHere();
        return Py.Int(result);
    }

    /// <summary>
    /// <c>write(id, data) -> int</c>: one block of body, on its way to the client on return. When the declared length is reached the
    /// answer is complete: a client's wait for the app's next block would be in vain.
    /// </summary>
    private static PyOwned Write(ReadOnlySpan<PyBorrowed> arguments)
    {
        var data = WsgiBody.Bytes(arguments[1]);
        var exchange = WsgiExchange.Table.Find(arguments[0].ToInt64());
        if (exchange is null)
            return Py.Int(TooMuch);
        if (exchange.Socket?.Decide() == true)
            return Py.Int(Enough);
        exchange.HasBody = true;
        if (WsgiBody.IsForbidden(exchange.Context))
        {
            // The headers are final with the first block. An endless body would never come to an end that the client waits for.
            exchange.Complete();
            return Py.Int(Enough);
        }

        var excess = WsgiBody.Write(exchange, data);
        if (exchange.Remaining == 0)
        {
            exchange.CompleteHere();
        }
        else
        {
            exchange.Measure?.Begin(exchange.Context.Response);
            WsgiBody.Flush(exchange);
        }

        return Py.Int(excess ? TooMuch : GoOn);
    }

    /// <summary>
    /// <c>send_file(id, descriptor, offset, length)</c>: the rest of the body is this part of a file. The descriptor is taken over. The
    /// file is sent without a thread of the app's.
    /// </summary>
    private static PyOwned SendFile(ReadOnlySpan<PyBorrowed> arguments)
    {
        var file = new SafeFileHandle((nint)arguments[1].ToInt64(), ownsHandle: true);
        var exchange = WsgiExchange.Table.Find(arguments[0].ToInt64());
        if (exchange is null || exchange.Socket?.Decide() == true)
        {
            file.Dispose();
            return PyBorrowed.None.Own();
        }

        var offset = arguments[2].ToInt64();
        var length = arguments[3].ToInt64();
        var response = exchange.Context.Response;
        if (!exchange.HasBody && !ResponseHead.HasNoBody(response.StatusCode) && response.ContentLength is null)
            response.ContentLength = exchange.Remaining = length;
        if (WsgiBody.IsForbidden(exchange.Context))
            file.Dispose();
        else
            exchange.Rest = new FilePart(file, offset, exchange.Remaining < 0 ? length : Math.Min(length, exchange.Remaining));
        exchange.Complete();
        return PyBorrowed.None.Own();
    }

    /// <summary><c>finish(id)</c>: there is no more body.</summary>
    private static PyOwned Finish(ReadOnlySpan<PyBorrowed> arguments)
    {
        var exchange = WsgiExchange.Table.Find(arguments[0].ToInt64());
        if (exchange is null || exchange.Socket?.Decide() == true)
            return PyBorrowed.None.Own();
        if (!exchange.HasBody && !WsgiBody.IsForbidden(exchange.Context))
            exchange.Context.Response.ContentLength ??= 0;
        exchange.CompleteHere();
        return PyBorrowed.None.Own();
    }

    /// <summary><c>fail(id, error) -> bool</c>: the app raised; <c>error</c> is the JSON of <c>errors.describe</c>. False when the answer is complete.</summary>
    private static PyOwned Fail(ReadOnlySpan<PyBorrowed> arguments)
    {
        var exchange = WsgiExchange.Table.Find(arguments[0].ToInt64());
        if (exchange is null)
            return PyBorrowed.Boolean(false).Own();
        exchange.Failure = exchange.BadRequest is { } bad
            ? new AppFailedException(bad.Message, bad.StatusCode)
            : new AppFailedException(PythonErrorJson.Parse(arguments[1].ToString()));
        exchange.Complete();
        return PyBorrowed.Boolean(true).Own();
    }

    /// <summary><c>note(id, route, error, said)</c>: what the framework knows; see <see cref="RequestMeasure.Note"/>.</summary>
    private static PyOwned Note(ReadOnlySpan<PyBorrowed> arguments)
    {
        WsgiExchange.Table.Find(arguments[0].ToInt64())?.Measure?.Note(arguments[1].ToStringOrNull(), arguments[2].ToStringOrNull(), arguments[3].ToStringOrNull());
        return PyBorrowed.None.Own();
    }

    /// <summary><c>taken(id) -> bool</c>: whether the app has taken the connection over (<see cref="WsgiSocket"/>), so that nothing else is awaited of it.</summary>
    private static PyOwned Taken(ReadOnlySpan<PyBorrowed> arguments) =>
        PyBorrowed.Boolean(WsgiExchange.Table.Find(arguments[0].ToInt64())?.Socket?.Decide() == true).Own();
}
