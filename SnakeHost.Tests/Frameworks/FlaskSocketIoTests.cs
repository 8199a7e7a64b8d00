using System.Text.Json;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Flask-SocketIO as docs/frameworks.md has it: threads in place of greenlets, long polling.</summary>
public sealed class FlaskSocketIoTests(SharedGateways gateways)
{
    private const string App =
        """
        from flask import Flask
        from flask_socketio import SocketIO, emit

        app = Flask(__name__)
        socketio = SocketIO(app, async_mode="threading", allow_upgrades=False)


        @app.get("/")
        def index():
            return "a plain page"


        @socketio.on("say")
        def say(text):
            emit("said", text, broadcast=True)
        """;

    public static TheoryData<string> WithFlaskSocketIo => InstalledPythons.WithModule("flask_socketio");

    [Theory, MemberData(nameof(WithFlaskSocketIo))]
    [Conforms(Standard.Gateway, "Frameworks", "Flask-SocketIO: long polling and broadcasts, with threads")]
    public async Task FlaskSocketIo_Polls_AlsoAfterASave(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        await TalkAsync(app);

        app.Tenant.Write("main.py", App + "\n# saved\n");
        await TalkAsync(app);
    }

    private static async Task TalkAsync(ServedApp app)
    {
        Assert.Equal("a plain page", await app.TextAsync("/"));
        var listener = await ConnectAsync(app);
        var speaker = await ConnectAsync(app);
        var waiting = app.TextAsync(listener);
        Assert.Equal("OK", await app.PostAsync(speaker, new StringContent("42[\"say\",\"hello\"]")), ignoreCase: true);
        Assert.Equal("42[\"said\",\"hello\"]", await waiting);
    }

    /// <summary>The address at which a new client polls.</summary>
    private static async Task<string> ConnectAsync(ServedApp app)
    {
        const string Polling = "/socket.io/?EIO=4&transport=polling";
        using var opened = JsonDocument.Parse((await app.TextAsync(Polling))[1..]);
        Assert.Equal(0, opened.RootElement.GetProperty("upgrades").GetArrayLength());
        var address = $"{Polling}&sid={opened.RootElement.GetProperty("sid").GetString()}";
        Assert.Equal("OK", await app.PostAsync(address, new StringContent("40")), ignoreCase: true);
        Assert.StartsWith("40{", await app.TextAsync(address), StringComparison.Ordinal);
        return address;
    }
}
