using System.Text.Json;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Flask-SocketIO as docs/frameworks.md has it: threads, or greenlets in a process of its own; long polling and, with simple-websocket, WebSockets.</summary>
public sealed class FlaskSocketIoTests(SharedGateways gateways)
{
    private const string App =
        """
        from flask import Flask
        from flask_socketio import SocketIO, emit

        app = Flask(__name__)
        socketio = SocketIO(app, async_mode="threading")


        @app.get("/")
        def index():
            return "a plain page"


        @socketio.on("say")
        def say(text):
            emit("said", text, broadcast=True)
        """;

    private const string Page =
        """


        import threading
        seen, done = [], threading.Event()


        @socketio.on("disconnect")
        def disconnect(*reason):
            seen.append("gone")


        @app.get("/seen")
        def show():
            return ",".join(seen)


        @app.get("/page")
        def page():
            return PAGE


        # The picture holds the page's load event back, after which the browser is asked for the document.
        @app.get("/held")
        def held():
            done.wait()
            return ""


        @app.get("/finish")
        def finish():
            done.set()
            return ""


        PAGE = '''<!doctype html><img src="/held"><ul id="log"></ul><script>
        const add = line => document.getElementById("log").insertAdjacentHTML("beforeend", "<li>" + line + "</li>");
        const ask = async (more, options) => (await fetch("/socket.io/?EIO=4&transport=polling" + more, options)).text();
        (async () => {
            const opened = JSON.parse((await ask("")).slice(1));
            add("may become " + opened.upgrades);
            const session = "&sid=" + opened.sid;
            await ask(session, { method: "POST", body: "40" });
            add((await ask(session)).slice(0, 3));
            const socket = new WebSocket("ws://" + location.host + "/socket.io/?EIO=4&transport=websocket" + session);
            socket.onopen = () => socket.send("2probe");
            socket.onmessage = event => {
                add(event.data);
                if (event.data === "3probe") {
                    socket.send("5");
                    socket.send('42["say","from the browser"]');
                } else if (event.data.startsWith("42")) {
                    socket.close(1000);
                }
            };
            socket.onclose = event => { add("closed " + event.code + " " + event.wasClean); fetch("/finish"); };
        })();
        </script>'''
        """;

    private const string Streams =
        """


        from flask import request
        import socket
        ticks = []


        @app.post("/length")
        def length():
            return str(len(request.get_data()))


        @app.get("/blocks")
        def blocks():
            def give():
                for _ in range(5):
                    socketio.sleep(0.001)
                    yield "x" * 100_000
            return give()


        def tick():
            while True:
                socketio.sleep(0.5)  # the app stays loaded until the end of the run
                ticks.append(1)


        @app.get("/background")
        def background():
            seen = len(ticks)
            while len(ticks) == seen:
                socketio.sleep(0.001)
            return f"{socket.socket.__module__.partition('.')[0]} {len(ticks) > seen}"


        socketio.start_background_task(tick)
        """;

    public static TheoryData<string> WithFlaskSocketIo => InstalledPythons.WithModule("flask_socketio");

    public static TheoryData<string, string> WithGreenlets
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var package in (string[])["gevent", "eventlet"])
            {
                foreach (var python in InstalledPythons.Builds.Where(python => InstalledPythons.CanImport(python, $"flask_socketio, {package}")))
                    rows.Add(python, package);
            }

            if (rows.Count == 0)
                rows.Add(new TheoryDataRow<string, string>(InstalledPythons.Default, "gevent") { Skip = "No installed Python has Flask-SocketIO with gevent or eventlet." });
            return rows;
        }
    }

    public static TheoryData<string> WithSockets => InstalledPythons.WithModule("flask_socketio, simple_websocket");

    public static TheoryData<string> WithBrowser =>
        PythonProcess.IsInstalled("chromium")
            ? WithSockets
            : new TheoryData<string> { new TheoryDataRow<string>(InstalledPythons.Default) { Skip = "No chromium is installed." } };

    [Theory, MemberData(nameof(WithFlaskSocketIo))]
    [Conforms(Standard.Gateway, "Frameworks", "Flask-SocketIO: long polling and broadcasts, with threads")]
    public async Task FlaskSocketIo_Polls_AlsoAfterASave(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        await TalkAsync(app);

        app.Tenant.Write("main.py", App + "\n# saved\n");
        await TalkAsync(app);
    }

    [Theory, MemberData(nameof(WithGreenlets))]
    [Conforms(Standard.Gateway, "Frameworks", "Flask-SocketIO with gevent's or eventlet's greenlets: in a process of its own, as its tutorials begin")]
    public async Task FlaskSocketIo_AnswersByGreenlets_MoreClientsThanThreads_AlsoAfterASave(string python, string package)
    {
        var main = (package == "gevent" ? "from gevent import monkey\nmonkey.patch_all()\n" : "import eventlet\neventlet.monkey_patch()\n") + App.Replace("threading", package, StringComparison.Ordinal) + Streams;
        var app = await ServedApp.OfAsync(gateways, python, main);
        for (var save = 0; save < 2; save++)
        {
            var clients = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => ConnectAsync(app)));
            var waiting = clients.Skip(1).Select(client => app.TextAsync(client)).ToList();
            // Not the thread that waits for the greenlet, but that itself.
            await Eventually.Async(async () => Assert.Contains(
                "\"name\":\"greenlet\",\"frames\":[{", await app.Gateway.Process.Admin!.Client.TextAsync(new Uri($"http://localhost/api/tenants/{app.Tenant.Name}/requests")), StringComparison.Ordinal));
            Assert.Equal("OK", await app.PostAsync(clients[0], new StringContent("42[\"say\",\"hello\"]")), ignoreCase: true);
            Assert.All(await Task.WhenAll(waiting), heard => Assert.Contains("42[\"said\",\"hello\"]", heard, StringComparison.Ordinal));
            Assert.Equal("3000000", await app.PostAsync("/length", new StreamContent(new MemoryStream(new byte[3_000_000]))));
            Assert.Equal(500_000, (await app.TextAsync("/blocks")).Length);
            Assert.Equal($"{package} True", await app.TextAsync("/background"));
            app.Tenant.Write("main.py", main + "\n# saved\n");
        }

        var opened = await app.TextAsync("/socket.io/?EIO=4&transport=polling");
        if (!opened.Contains("websocket", StringComparison.Ordinal))
            return;
        using var socket = await SocketClient.ConnectAsync(app.Gateway.Process, app.Tenant.Url("/socket.io/?EIO=4&transport=websocket"));
        Assert.StartsWith("0{", await socket.TextAsync(), StringComparison.Ordinal);
        await socket.SendAsync("40");
        Assert.StartsWith("40{", await socket.TextAsync(), StringComparison.Ordinal);
        await socket.SendAsync("42[\"say\",\"hello\"]");
        Assert.Equal("42[\"said\",\"hello\"]", await MessageAsync(socket));
        await socket.CloseAsync(1000, "");
    }

    [Theory, MemberData(nameof(WithSockets))]
    [Conforms(Standard.Gateway, "Frameworks", "Flask-SocketIO: WebSockets, from the start or by an upgrade from polling, beside clients that poll")]
    public async Task FlaskSocketIo_SpeaksWebSocket(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App + Page);
        var polling = await ConnectAsync(app);
        using var socket = await SocketClient.ConnectAsync(app.Gateway.Process, app.Tenant.Url("/socket.io/?EIO=4&transport=websocket"));
        Assert.StartsWith("0{", await socket.TextAsync(), StringComparison.Ordinal);
        await socket.SendAsync("40");
        Assert.StartsWith("40{", await socket.TextAsync(), StringComparison.Ordinal);

        using var upgraded = await SocketClient.ConnectAsync(app.Gateway.Process, app.Tenant.Url((await ConnectAsync(app)).Replace("polling", "websocket", StringComparison.Ordinal)));
        await upgraded.SendAsync("2probe");
        Assert.Equal("3probe", await upgraded.TextAsync());
        await upgraded.SendAsync("5");
        await upgraded.SendAsync("42[\"say\",\"hello\"]");

        foreach (var listener in new[] { socket, upgraded })
            Assert.Equal("42[\"said\",\"hello\"]", await MessageAsync(listener));
        Assert.Equal("42[\"said\",\"hello\"]", await app.TextAsync(polling));
        await socket.CloseAsync(1000, "");
        upgraded.Dispose();
        await Eventually.Async(async () => Assert.Equal("gone,gone", await app.TextAsync("/seen")));
    }

    [Theory, MemberData(nameof(WithBrowser))]
    [Conforms(Standard.Gateway, "Browsers", "Chromium polls a Flask-SocketIO app, goes over to a WebSocket and closes it in order")]
    public async Task ABrowser_PollsAndGoesOverToAWebSocket(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App + Page);
        using var profile = new TemporaryFolder();

        var document = await PythonProcess.ProgramAsync(
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", $"--user-data-dir={profile.Path}",
            "--dump-dom", $"http://{app.Tenant.Host}:{app.Gateway.Process.Address.Port}/page");

        foreach (var line in new[] { "may become websocket", "40{", "3probe", "42[\"said\",\"from the browser\"]", "closed 1000 true" })
            Assert.Contains($"<li>{line}</li>", document, StringComparison.Ordinal);
        await Eventually.Async(async () => Assert.Equal("gone", await app.TextAsync("/seen")));
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
        var address = $"{Polling}&sid={opened.RootElement.GetProperty("sid").GetString()}";
        Assert.Equal("OK", await app.PostAsync(address, new StringContent("40")), ignoreCase: true);
        Assert.StartsWith("40{", await app.TextAsync(address), StringComparison.Ordinal);
        return address;
    }

    /// <summary>The next packet of Engine.IO that is neither a heartbeat nor empty.</summary>
    private static async Task<string> MessageAsync(SocketClient socket)
    {
        while (true)
        {
            var packet = await socket.TextAsync();
            if (packet == "2")
                await socket.SendAsync("3");
            else if (packet != "6")
                return packet;
        }
    }
}
