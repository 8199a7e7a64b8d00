using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using Microsoft.Net.Http.Headers;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Http;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>What <c>Runtime/wsgi.py</c> calls. One set for the process: a request is named by its number.</summary>
/// <remarks>
/// They run on the thread that runs the app, with the GIL held, and give it back while they wait for the network: the network's pace
/// is the client's, and no other app must feel it.
/// </remarks>
internal static class WsgiFunctions
{
    /// <summary>A dict of the functions by name. Made once, with the GIL held; they live as long as the process.</summary>
    public static PyOwned Create()
    {
        var functions = Py.Dict();
        Add(functions, "read", Read);
        Add(functions, "respond", Respond);
        Add(functions, "write", Write);
        Add(functions, "finish", Finish);
        Add(functions, "fail", Fail);
        return functions;
    }

    private static void Add(PyBorrowed functions, string name, NativeCallback callback)
    {
        using var key = Py.Interned(name);
        Py.Set(functions, key, new NativeFunction(name, callback));
    }

    /// <summary><c>read(id, size) -> bytes</c>: at least one and at most <c>size</c> bytes of the request body; empty at its end.</summary>
    private static PyOwned Read(ReadOnlySpan<PyBorrowed> arguments)
    {
        var exchange = WsgiExchange.Find(arguments[0].ToInt64());
        var size = arguments[1].ToInt64();
        var reader = exchange.Context.Request.BodyReader;
        try
        {
            if (!reader.TryRead(out var result))
            {
                using (Gil.Release())
                    result = Wait(reader.ReadAsync(exchange.Context.RequestAborted));
            }

            var chunk = result.Buffer.Slice(0, Math.Min(size, result.Buffer.Length));
            var bytes = Py.Bytes(chunk);
            reader.AdvanceTo(chunk.End);
            return bytes;
        }
        catch (Exception e) when (RequestFraming.AsBadRequest(e) is { } bad)
        {
            exchange.BadRequest = bad;
            throw NativeError.Os(e.Message);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            throw NativeError.Os("The client has closed the connection before it had sent the whole request.");
        }
    }

    /// <summary><c>respond(id, status, headers, body)</c>: the whole answer at once.</summary>
    private static PyOwned Respond(ReadOnlySpan<PyBorrowed> arguments)
    {
        var exchange = WsgiExchange.Find(arguments[0].ToInt64());
        Start(exchange, arguments[1], arguments[2]);
        var response = exchange.Context.Response;
        var body = Bytes(arguments[3]);
        if (!ResponseHead.HasNoBody(response.StatusCode))
        {
            // With one block of body its length is known: PEP 3333, "Handling the Content-Length Header".
            response.ContentLength ??= body.Length;
            if (exchange.Remaining < 0)
                exchange.Remaining = body.Length;
            Copy(exchange, body);
        }

        exchange.Complete();
        return PyBorrowed.None.Own();
    }

    /// <summary>
    /// <c>write(id, status, headers, data)</c>: one block of body, on its way to the client on return. Status and headers count with
    /// the first block. When the declared length is reached the answer is complete: a wait for the app's next block would be in vain.
    /// </summary>
    private static PyOwned Write(ReadOnlySpan<PyBorrowed> arguments)
    {
        var exchange = WsgiExchange.Table.Find(arguments[0].ToInt64());
        if (exchange is null)
            return PyBorrowed.None.Own();
        if (!exchange.Started)
            Start(exchange, arguments[1], arguments[2]);
        var data = Bytes(arguments[3]);
        if (!ResponseHead.HasNoBody(exchange.Context.Response.StatusCode))
            Copy(exchange, data);
        if (exchange.Remaining == 0)
        {
            exchange.Complete();
            return PyBorrowed.None.Own();
        }

        Flush(exchange);
        return PyBorrowed.None.Own();
    }

    /// <summary><c>finish(id, status, headers)</c>: there is no more body.</summary>
    private static PyOwned Finish(ReadOnlySpan<PyBorrowed> arguments)
    {
        var exchange = WsgiExchange.Table.Find(arguments[0].ToInt64());
        if (exchange is null)
            return PyBorrowed.None.Own();
        if (!exchange.Started)
        {
            Start(exchange, arguments[1], arguments[2]);
            if (!ResponseHead.HasNoBody(exchange.Context.Response.StatusCode) && !HttpMethods.IsHead(exchange.Context.Request.Method))
                exchange.Context.Response.ContentLength ??= 0;
        }

        exchange.Complete();
        return PyBorrowed.None.Own();
    }

    /// <summary><c>fail(id, error)</c>: the app raised; <c>error</c> is the JSON of <c>errors.describe</c>.</summary>
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

    private static void Start(WsgiExchange exchange, PyBorrowed status, PyBorrowed headers)
    {
        var response = exchange.Context.Response;
        SetStatus(response, status);
        if (!headers.IsList)
            throw NativeError.Type("The response headers are not a list (PEP 3333, \"The start_response() Callable\").");
        for (var i = 0; i < headers.ListLength; i++)
        {
            var header = headers.ListItem(i);
            if (!header.IsTuple || header.TupleLength != 2 || !header.TupleItem(0).IsString || !header.TupleItem(1).IsString)
                throw NativeError.Type("A response header is not a tuple of two str (PEP 3333, \"The start_response() Callable\").");
            AddHeader(response, header.TupleItem(0), header.TupleItem(1));
        }

        exchange.Started = true;
        exchange.Remaining = ResponseHead.DeclaredLength(response);
    }

    private static void SetStatus(HttpResponse response, PyBorrowed status)
    {
        if (!status.IsString)
            throw NativeError.Type("The response status is not a str like '200 OK'.");
        Span<byte> text = stackalloc byte[128];
        var length = Latin1(status, text, "status");
        if (length < 3 || (length > 3 && text[3] != ' ') || !int.TryParse(text[..3], NumberStyles.None, CultureInfo.InvariantCulture, out var code))
            throw NativeError.Value($"The response status '{status}' does not look like '200 OK'.");
        response.StatusCode = ResponseHead.CheckStatus(code);
        if (length > 4)
            ResponseHead.SetReason(response, text[4..length]);
    }

    private static void AddHeader(HttpResponse response, PyBorrowed name, PyBorrowed value)
    {
        var nameText = name.AsUtf8();
        var valueText = value.AsUtf8();
        var needed = valueText.Length;
        var rented = needed > 1024 ? ArrayPool<byte>.Shared.Rent(needed) : null;
        var buffer = rented ?? stackalloc byte[1024];
        try
        {
            var length = Latin1(value, buffer, "header value");
            ResponseHead.Add(response.Headers, nameText, buffer[..length]);
        }
        finally
        {
            if (rented is not null)
                ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>The code points of a "native string" as bytes.</summary>
    private static int Latin1(PyBorrowed text, Span<byte> destination, string what)
    {
        var utf8 = text.AsUtf8();
        if (System.Text.Ascii.IsValid(utf8))
        {
            if (utf8.Length > destination.Length)
                throw NativeError.Value($"The response {what} is too long.");
            utf8.CopyTo(destination);
            return utf8.Length;
        }

        var length = 0;
        foreach (var character in System.Text.Encoding.UTF8.GetString(utf8))
        {
            if (character > 0xFF)
                throw NativeError.Value($"The response {what} holds a character above U+00FF (PEP 3333, \"Unicode Issues\").");
            if (length == destination.Length)
                throw NativeError.Value($"The response {what} is too long.");
            destination[length++] = (byte)character;
        }

        return length;
    }

    private static ReadOnlySpan<byte> Bytes(PyBorrowed data) => data.IsBytes
        ? data.AsBytes()
        : throw NativeError.Type("A block of the response body is not bytes.");

    private static void Copy(WsgiExchange exchange, ReadOnlySpan<byte> data)
    {
        if (exchange.Remaining >= 0)
        {
            // More than was declared would end in the middle of the next response on this connection.
            if (data.Length > exchange.Remaining && !HttpMethods.IsHead(exchange.Context.Request.Method))
                data = data[..(int)exchange.Remaining];
            exchange.Remaining = Math.Max(0, exchange.Remaining - data.Length);
        }

        exchange.Measure?.Send(data.Length);
        exchange.Context.Response.BodyWriter.Write(data);
    }

    private static void Flush(WsgiExchange exchange)
    {
        var flush = exchange.Context.Response.BodyWriter.FlushAsync(exchange.Context.RequestAborted);
        if (!flush.IsCompletedSuccessfully)
        {
            using (Gil.Release())
                WaitForFlush(flush);
        }
        else if (flush.Result.IsCompleted)
        {
            throw ClientGone();
        }
    }

    private static void WaitForFlush(ValueTask<FlushResult> flush)
    {
        try
        {
            if (Wait(flush).IsCompleted)
                throw ClientGone();
        }
        catch (OperationCanceledException)
        {
            throw ClientGone();
        }
    }

    private static NativeError ClientGone() => NativeError.Os("The client has closed the connection.");

    private static T Wait<T>(ValueTask<T> task) => task.IsCompleted ? task.Result : task.AsTask().GetAwaiter().GetResult();
}
