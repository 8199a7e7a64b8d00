using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Asgi;

/// <summary>Clients that others have written: Python's websockets and httpx, and a browser.</summary>
public sealed class ClientTests(SharedGateways gateways)
{
    private const string App =
        AsgiApps.ByPath +
        """
        done = asyncio.Event()

        async def echo(scope, receive, send):
            await receive()
            await send({"type": "websocket.accept"})
            while True:
                message = await receive()
                if message["type"] == "websocket.disconnect":
                    return seen.append(message["code"])
                await send({**message, "type": "websocket.send"})

        async def crowd(scope, receive, send):
            await receive()
            await send({"type": "websocket.accept"})
            await asyncio.gather(*(send({"type": "websocket.send", "bytes": bytes([number]) * 50_000}) for number in range(50)))
            await send({"type": "websocket.close", "code": 4002, "reason": "all sent"})

        async def upload(scope, receive, send):
            length, more = 0, True
            while more:
                message = await receive()
                length, more = length + len(message["body"]), message["more_body"]
            await text(send, str(length))

        async def events(scope, receive, send):
            await start(send, (b"content-type", b"text/event-stream"))
            for number in range(3):
                await part(send, b"data: event %d\n\n" % number)
            await done.wait()
            await part(send, b"", more=False)

        async def held(scope, receive, send):
            await done.wait()
            await text(send, b"")

        async def finish(scope, receive, send):
            done.set()
            await text(send, b"")

        async def index(scope, receive, send):
            await start(send, (b"content-type", b"text/html"))
            await part(send, PAGE.encode(), more=False)

        # The picture holds the page's load event back, after which the browser is asked for the document.
        PAGE = '''<!doctype html><img src="/held"><ul id="log"></ul><script>
        const add = line => document.getElementById("log").insertAdjacentHTML("beforeend", "<li>" + line + "</li>");
        const socket = new Promise(resolve => {
            const socket = new WebSocket("ws://" + location.host + "/echo");
            socket.onopen = () => { add("compressed " + (socket.extensions !== "")); socket.send("from the browser"); };
            socket.onmessage = event => { add("echo " + event.data); socket.close(4003); };
            socket.onclose = event => { add("closed " + event.code + " " + event.wasClean); resolve(); };
        });
        const events = new Promise(resolve => {
            const source = new EventSource("/events");
            source.onmessage = event => { add(event.data); if (event.data === "event 2") { source.close(); resolve(); } };
        });
        Promise.all([socket, events]).then(() => fetch("/finish"));
        </script>'''
        """;

    public static TheoryData<string> WithWebsockets => InstalledPythons.WithModule("websockets");

    public static TheoryData<string> WithHttpx => InstalledPythons.WithModule("httpx");

    public static TheoryData<string> WithBrowser =>
        PythonProcess.IsInstalled("chromium")
            ? new TheoryData<string>(InstalledPythons.Default)
            : new TheoryData<string> { new TheoryDataRow<string>(InstalledPythons.Default) { Skip = "No chromium is installed." } };

    [Theory, MemberData(nameof(WithWebsockets))]
    [Conforms(Standard.AsgiWebSocket, "Send - send event", "Tasks may send at the same time: messages stay whole; the close comes after them with its code and reason")]
    [Conforms(Standard.Gateway, "WebSockets", "Messages of up to 16 MiB pass by default")]
    public async Task PythonsWebsockets_UnderstandsIt(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        var said = await PythonProcess.RunAsync(python,
            """
            import asyncio, sys, websockets

            async def main(host, port):
                connect = lambda path, **more: websockets.connect(f"ws://{host}:{port}{path}", host="127.0.0.1", max_size=None, **more)
                for compression in ("deflate", None):
                    async with connect("/echo", compression=compression) as socket:
                        print([type(extension).__name__ for extension in getattr(socket, "protocol", socket).extensions])  # of the protocol since websockets 14
                        for message in ("text \u00fc", b"bytes", "", "x" * 100_000, bytes(16 * 1024 * 1024)):
                            await socket.send(message)
                            assert await socket.recv() == message
                        await socket.send(iter(["frag", "men", "ted"]))
                        print(await socket.recv())
                        await (await socket.ping())
                        await socket.close(4001, "done")
                        print(socket.close_code, socket.close_reason)
                async with connect("/crowd") as socket:
                    got = []
                    try:
                        while True:
                            message = await socket.recv()
                            assert message == message[:1] * 50_000
                            got.append(message[0])
                    except websockets.ConnectionClosed as closed:
                        print(sorted(got) == list(range(50)), closed.code, closed.reason)

            asyncio.run(main(*sys.argv[1:]))
            """, app.Tenant.Host, app.Gateway.Process.Address.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));

        Assert.Equal("['PerMessageDeflate']|fragmented|4001 done|[]|fragmented|4001 done|True 4002 all sent", said.ReplaceLineEndings("|"));
    }

    [Theory, MemberData(nameof(WithHttpx))]
    [Conforms(Standard.AsgiHttp, "Request - receive event", "A body that the client makes as it goes arrives whole")]
    public async Task Httpx_UnderstandsIt(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        var said = await PythonProcess.RunAsync(python,
            """
            import asyncio, sys, httpx

            async def body():
                for _ in range(100):
                    yield b"x" * 10_000

            async def main(address, host):
                async with httpx.AsyncClient(base_url=address, headers={"host": host}, timeout=60) as client:
                    print((await client.post("/upload", content=body())).text)
                    async with client.stream("GET", "/events") as response:
                        async for line in response.aiter_lines():
                            if line.strip():
                                print(line.strip())
                            if "2" in line:
                                await client.get("/finish")

            asyncio.run(main(*sys.argv[1:]))
            """, $"http://{app.Gateway.Process.Address}", app.Tenant.Host);

        Assert.Equal("1000000|data: event 0|data: event 1|data: event 2", said.ReplaceLineEndings("|"));
    }

    [Theory, MemberData(nameof(WithBrowser))]
    [Conforms(Standard.Gateway, "Browsers", "Chromium opens a WebSocket, compressed, and an EventSource, and closes both in order")]
    public async Task ABrowser_OpensASocketAndAnEventStream(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        using var profile = new TemporaryFolder();

        var document = await PythonProcess.ProgramAsync(
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", $"--user-data-dir={profile.Path}",
            "--dump-dom", $"http://{app.Tenant.Host}:{app.Gateway.Process.Address.Port}/");

        foreach (var line in new[] { "compressed true", "echo from the browser", "closed 4003 true", "event 0", "event 1", "event 2" })
            Assert.Contains($"<li>{line}</li>", document, StringComparison.Ordinal);
        await Eventually.Async(async () => Assert.Equal("4003", await app.TextAsync("/seen")));
    }
}
