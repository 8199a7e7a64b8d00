using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SnakeHost.Tests.Harness;

/// <summary>A client of the Debug Adapter Protocol: what an editor is to debugpy.</summary>
internal sealed class DebugAdapterClient : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly TcpClient _connection = new();
    private readonly List<JsonElement> _unread = [];
    private Stream _stream = Stream.Null;
    private int _number;

    /// <summary>Attaches, with breakpoints in one file.</summary>
    public static async Task<DebugAdapterClient> AttachAsync(int port, string file, params int[] lines)
    {
        var client = new DebugAdapterClient();
        await client._connection.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        client._stream = client._connection.GetStream();
        await client.AskAsync("initialize", new() { ["adapterID"] = "test" });
        await client.SendAsync("attach", new() { ["justMyCode"] = true });
        await client.EventAsync("initialized");
        await client.BreakAsync(file, lines);
        await client.AskAsync("configurationDone");
        await client.ReadAsync("response", "attach");
        return client;
    }

    /// <summary>Sets the breakpoints of a file.</summary>
    public Task BreakAsync(string file, params int[] lines) => AskAsync("setBreakpoints", new()
    {
        ["source"] = new JsonObject { ["path"] = file },
        ["breakpoints"] = new JsonArray([.. lines.Select(line => new JsonObject { ["line"] = line })]),
    });

    /// <summary>Waits until a thread stops at a breakpoint.</summary>
    public async Task<(int Thread, JsonElement Frame, int Frames)> StopAsync()
    {
        var thread = (await EventAsync("stopped")).GetProperty("threadId").GetInt32();
        var frames = (await AskAsync("stackTrace", new() { ["threadId"] = thread })).GetProperty("stackFrames");
        return (thread, frames[0], frames.GetArrayLength());
    }

    /// <summary>The local variables of a frame.</summary>
    public async Task<Dictionary<string, string?>> LocalsAsync(JsonElement frame)
    {
        var scopes = await AskAsync("scopes", new() { ["frameId"] = frame.GetProperty("id").GetInt32() });
        var variables = await AskAsync("variables", new() { ["variablesReference"] = scopes.GetProperty("scopes")[0].GetProperty("variablesReference").GetInt32() });
        return variables.GetProperty("variables").EnumerateArray().ToDictionary(variable => variable.GetProperty("name").GetString()!, variable => variable.GetProperty("value").GetString());
    }

    public async Task<string?> EvaluateAsync(JsonElement frame, string expression) =>
        (await AskAsync("evaluate", new() { ["expression"] = expression, ["frameId"] = frame.GetProperty("id").GetInt32(), ["context"] = "repl" })).GetProperty("result").GetString();

    public Task ContinueAsync(int thread) => AskAsync("continue", new() { ["threadId"] = thread });

    public Task DisconnectAsync() => AskAsync("disconnect");

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _connection.Dispose();
    }

    public async Task<JsonElement> AskAsync(string command, JsonObject? arguments = null)
    {
        await SendAsync(command, arguments);
        return await ReadAsync("response", command);
    }

    public Task<JsonElement> EventAsync(string name) => ReadAsync("event", name);

    private async Task SendAsync(string command, JsonObject? arguments = null)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["seq"] = ++_number, ["type"] = "request", ["command"] = command, ["arguments"] = arguments });
        await _stream.WriteAsync((byte[])[.. System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"Content-Length: {content.Length}\r\n\r\n")), .. content]);
    }

    /// <summary>The body of the next message of a kind; others are kept.</summary>
    private async Task<JsonElement> ReadAsync(string kind, string name)
    {
        using var deadline = new CancellationTokenSource(s_patience);
        while (true)
        {
            if (_unread.FindIndex(IsWanted) is >= 0 and var index)
            {
                var found = _unread[index];
                _unread.RemoveAt(index);
                Assert.True(!found.TryGetProperty("success", out var success) || success.GetBoolean(), found.ToString());
                return found.TryGetProperty("body", out var body) ? body : default;
            }

            try
            {
                _unread.Add(await NextAsync(deadline.Token));
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"No {kind} {name} within {s_patience.TotalSeconds} s. There was:\n{string.Join('\n', _unread)}");
            }
        }

        bool IsWanted(JsonElement message) =>
            message.GetProperty("type").GetString() == kind && message.GetProperty(kind == "event" ? "event" : "command").GetString() == name;
    }

    private async Task<JsonElement> NextAsync(CancellationToken cancellationToken)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (!head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            await _stream.ReadExactlyAsync(one, cancellationToken);
            head.Add(one[0]);
        }

        var length = System.Text.Encoding.ASCII.GetString([.. head]).Split("\r\n").Single(line => line.StartsWith("Content-Length:", StringComparison.Ordinal)).Split(':')[1];
        var content = new byte[int.Parse(length, CultureInfo.InvariantCulture)];
        await _stream.ReadExactlyAsync(content, cancellationToken);
        return JsonDocument.Parse(content).RootElement.Clone();
    }
}
