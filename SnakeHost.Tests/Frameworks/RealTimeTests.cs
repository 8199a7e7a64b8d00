using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>The frameworks' own examples of WebSockets and streams, as their documentation has them.</summary>
public sealed class RealTimeTests(SharedGateways gateways)
{
    public static TheoryData<string> WithChannels => InstalledPythons.WithModule("channels");

    public static TheoryData<string> WithStarlette => InstalledPythons.WithModule("starlette");

    public static TheoryData<string> WithQuart => InstalledPythons.WithModule("quart");

    public static TheoryData<string> WithFastApi => InstalledPythons.WithModule("fastapi");

    public static TheoryData<string> WithSocketIo => InstalledPythons.WithModule("socketio");

    [Theory, MemberData(nameof(WithChannels))]
    [Conforms(Standard.Gateway, "Frameworks", "Django Channels: a chat in rooms over an in-memory channel layer")]
    public async Task Channels_AChatInRooms(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            from django.conf import settings
            settings.configure(
                SECRET_KEY="test", ALLOWED_HOSTS=["*"], INSTALLED_APPS=["channels"],
                CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}})
            import django
            django.setup()

            import json
            from channels.generic.websocket import AsyncWebsocketConsumer
            from channels.routing import ProtocolTypeRouter, URLRouter
            from django.urls import path

            class Chat(AsyncWebsocketConsumer):
                async def connect(self):
                    self.room = "chat_" + self.scope["url_route"]["kwargs"]["room"]
                    await self.channel_layer.group_add(self.room, self.channel_name)
                    await self.accept()
                    await self.send(text_data="joined")

                async def disconnect(self, code):
                    await self.channel_layer.group_discard(self.room, self.channel_name)
                    await self.channel_layer.group_send(self.room, {"type": "chat.message", "message": f"left with {code}"})

                async def receive(self, text_data):
                    await self.channel_layer.group_send(self.room, {"type": "chat.message", "message": json.loads(text_data)["message"]})

                async def chat_message(self, event):
                    await self.send(text_data=json.dumps({"message": event["message"]}))

            app = ProtocolTypeRouter({"websocket": URLRouter([path("ws/chat/<room>/", Chat.as_asgi())])})
            """);
        using var one = await ConnectAsync(app, "/ws/chat/lobby/");
        using var two = await ConnectAsync(app, "/ws/chat/lobby/");
        using var elsewhere = await ConnectAsync(app, "/ws/chat/cellar/");
        foreach (var client in new[] { one, two, elsewhere })
            Assert.Equal("joined", await client.TextAsync());

        await one.SendAsync("{\"message\": \"hello\"}");
        Assert.Equal("{\"message\": \"hello\"}", await one.TextAsync());
        Assert.Equal("{\"message\": \"hello\"}", await two.TextAsync());
        await one.CloseAsync(4000, "bye");
        Assert.Equal("{\"message\": \"left with 4000\"}", await two.TextAsync());
        await elsewhere.SendAsync("{\"message\": \"alone\"}");
        Assert.Equal("{\"message\": \"alone\"}", await elsewhere.TextAsync());
    }

    [Theory, MemberData(nameof(WithStarlette))]
    [Conforms(Standard.Gateway, "Frameworks", "Starlette: WebSockets, and streams through BaseHTTPMiddleware that end when the client leaves")]
    public async Task Starlette_SocketsAndStreamsThroughMiddleware(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            import asyncio
            import gc
            from starlette.applications import Starlette
            from starlette.middleware import Middleware
            from starlette.middleware.base import BaseHTTPMiddleware
            from starlette.responses import FileResponse, PlainTextResponse, StreamingResponse
            from starlette.routing import Route, WebSocketRoute

            seen = []

            class Stamp(BaseHTTPMiddleware):
                async def dispatch(self, request, call_next):
                    response = await call_next(request)
                    response.headers["x-stamp"] = "yes"
                    return response

            async def stream(request):
                async def events():
                    try:
                        number = 0
                        while True:
                            yield f"data: {number}\n\n"
                            number += 1
                            await asyncio.sleep(0)
                    finally:
                        seen.append("stream ended")
                return StreamingResponse(events(), media_type="text/event-stream")

            async def file(request):
                return FileResponse(__file__)

            async def show(request):
                return PlainTextResponse("|".join(seen))

            async def collect(request):
                gc.collect()
                return PlainTextResponse("")

            async def echo(socket):
                await socket.accept(subprotocol="chat" if "chat" in socket["subprotocols"] else None)
                async for message in socket.iter_json():
                    await socket.send_json({"echo": message})
                seen.append("socket ended")

            starlette = Starlette(
                routes=[Route("/stream", stream), Route("/file", file), Route("/seen", show), Route("/collect", collect), WebSocketRoute("/echo", echo)],
                middleware=[Middleware(Stamp)])

            async def app(scope, receive, send):
                try:
                    await starlette(scope, receive, send)
                finally:
                    if scope["type"] == "http" and scope["path"] == "/stream":
                        seen.append("request ended")
            """);
        using (var socket = await ConnectAsync(app, "/echo", "chat"))
        {
            Assert.Equal("chat", socket.Socket.SubProtocol);
            await socket.SendAsync("[1, 2]");
            Assert.Equal("""{"echo": [1, 2]}""".Replace(" ", "", StringComparison.Ordinal), (await socket.TextAsync()).Replace(" ", "", StringComparison.Ordinal));
            await socket.CloseAsync(1000, "");
        }

        await Eventually.Async(async () => Assert.Equal("socket ended", await app.TextAsync("/seen")));
        using (var connection = await RawConnection.OpenAsync(app.Gateway.Process.Address))
        {
            await connection.SendAsync($"GET /stream HTTP/1.1\r\nHost: {app.Tenant.Host}\r\n\r\n");
            Assert.Contains("x-stamp: yes", await connection.UntilAsync("data: 3"), StringComparison.OrdinalIgnoreCase);
        }

        await Eventually.Async(async () => Assert.Contains("request ended", await app.TextAsync("/seen"), StringComparison.Ordinal));
        // A generator that is left in the midst of its message is kept by a cycle of Starlette's and anyio's: it ends with a collection, wherever it is served.
        await app.TextAsync("/collect");
        await Eventually.Async(async () => Assert.Contains("stream ended", await app.TextAsync("/seen"), StringComparison.Ordinal));
        Assert.Contains("BaseHTTPMiddleware", await app.TextAsync("/file"), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(WithQuart))]
    [Conforms(Standard.Gateway, "Frameworks", "Quart: a broadcast to all open WebSockets, and a stream")]
    public async Task Quart_ABroadcastAndAStream(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            import asyncio
            from quart import Quart, websocket

            app = Quart(__name__)
            queues = set()

            @app.websocket("/ws")
            async def ws():
                queue = asyncio.Queue()
                queues.add(queue)
                async def sending():
                    while True:
                        await websocket.send(await queue.get())
                async def receiving():
                    while True:
                        message = await websocket.receive()
                        for other in queues:
                            await other.put(f"{message} to {len(queues)}")
                try:
                    await websocket.send("joined")
                    await asyncio.gather(sending(), receiving())
                finally:
                    queues.discard(queue)

            @app.websocket("/members")
            async def members():
                return "not for you", 401

            @app.get("/stream")
            async def stream():
                async def lines():
                    for number in range(3):
                        yield f"{number}\n".encode()
                return lines()

            @app.get("/count")
            async def count():
                return str(len(queues))
            """);
        using (var one = await ConnectAsync(app, "/ws"))
        using (var two = await ConnectAsync(app, "/ws"))
        {
            Assert.Equal("joined", await one.TextAsync());
            Assert.Equal("joined", await two.TextAsync());
            await one.SendAsync("hello");
            Assert.Equal("hello to 2", await one.TextAsync());
            Assert.Equal("hello to 2", await two.TextAsync());
        }

        await Eventually.Async(async () => Assert.Equal("0", await app.TextAsync("/count")));
        Assert.Equal("0\n1\n2\n", await app.TextAsync("/stream"));
        using var refused = await RawSocket.ConnectAsync(app.Gateway.Process, app.Tenant, "/members");
        Assert.StartsWith("HTTP/1.1 401", refused.Handshake, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(WithFastApi))]
    [Conforms(Standard.Gateway, "Frameworks", "FastAPI: dependencies of WebSockets that refuse or accept, and tasks in the background")]
    public async Task FastApi_ASocketWithDependencies(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            from typing import Optional
            from fastapi import BackgroundTasks, Cookie, Depends, FastAPI, Query, WebSocket, WebSocketDisconnect, WebSocketException, status

            app = FastAPI()
            seen = []

            async def user(websocket: WebSocket, session: Optional[str] = Cookie(default=None), token: Optional[str] = Query(default=None)):
                if session is None and token is None:
                    raise WebSocketException(code=status.WS_1008_POLICY_VIOLATION)
                return session or token

            @app.websocket("/items/{item}/ws")
            async def items(websocket: WebSocket, item: str, limit: int = 0, user: str = Depends(user)):
                await websocket.accept()
                try:
                    while True:
                        await websocket.send_text(f"{user} {item} {limit} {await websocket.receive_text()}")
                except WebSocketDisconnect as gone:
                    seen.append(f"gone {gone.code}")

            @app.get("/notify")
            async def notify(tasks: BackgroundTasks):
                tasks.add_task(seen.append, "notified")
                return {}

            @app.get("/seen")
            async def show():
                return seen
            """);
        using (var socket = await ConnectAsync(app, "/items/42/ws?token=ann&limit=3"))
        {
            await socket.SendAsync("hello");
            Assert.Equal("ann 42 3 hello", await socket.TextAsync());
            await socket.CloseAsync(1001, "");
        }

        await Eventually.Async(async () => Assert.Equal("[\"gone 1001\"]", await app.TextAsync("/seen")));
        using var refused = await RawSocket.ConnectAsync(app.Gateway.Process, app.Tenant, "/items/42/ws");
        Assert.StartsWith("HTTP/1.1 403", refused.Handshake, StringComparison.Ordinal);
        await app.TextAsync("/notify");
        await Eventually.Async(async () => Assert.Equal("[\"gone 1001\",\"notified\"]", await app.TextAsync("/seen")));
    }

    [Theory, MemberData(nameof(WithSocketIo))]
    [Conforms(Standard.Gateway, "Frameworks", "python-socketio: long polling, WebSockets and rooms")]
    public async Task SocketIo_PollingAndSockets(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            import inspect, socketio

            sio = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")
            app = socketio.ASGIApp(sio)

            @sio.event
            async def join(sid, room):
                entering = sio.enter_room(sid, room)
                if inspect.isawaitable(entering):  # since 5.10
                    await entering
                return f"in {room}"

            @sio.event
            async def say(sid, room, text):
                await sio.emit("said", text, room=room)
            """);
        using var socket = await ConnectAsync(app, "/socket.io/?EIO=4&transport=websocket");
        Assert.StartsWith("0{", await socket.TextAsync(), StringComparison.Ordinal);
        await socket.SendAsync("40");
        Assert.StartsWith("40{", await socket.TextAsync(), StringComparison.Ordinal);
        await socket.SendAsync("421[\"join\",\"den\"]");
        Assert.Equal("431[\"in den\"]", await PacketAsync(socket));

        var opened = await app.TextAsync("/socket.io/?EIO=4&transport=polling");
        var session = System.Text.Json.JsonDocument.Parse(opened[1..]).RootElement.GetProperty("sid").GetString();
        var polling = $"/socket.io/?EIO=4&transport=polling&sid={session}";
        Assert.Equal("OK", await app.PostAsync(polling, new StringContent("40")));
        Assert.StartsWith("40{", await app.TextAsync(polling), StringComparison.Ordinal);
        var waiting = app.TextAsync(polling);
        Assert.Equal("OK", await app.PostAsync(polling, new StringContent("421[\"join\",\"den\"]")));
        Assert.Equal("431[\"in den\"]", await waiting);
        waiting = app.TextAsync(polling);
        await socket.SendAsync("42[\"say\",\"den\",\"hello\"]");
        Assert.Equal("42[\"said\",\"hello\"]", await PacketAsync(socket));
        Assert.Equal("42[\"said\",\"hello\"]", await waiting);
    }

    /// <summary>The next packet of Engine.IO that is no heartbeat; a heartbeat is answered.</summary>
    private static async Task<string> PacketAsync(SocketClient socket)
    {
        var packet = await socket.TextAsync();
        while (packet == "2")
        {
            await socket.SendAsync("3");
            packet = await socket.TextAsync();
        }

        return packet;
    }

    private static Task<SocketClient> ConnectAsync(ServedApp app, string path, string? subprotocol = null) =>
        SocketClient.ConnectAsync(app.Gateway.Process, app.Tenant.Url(path), options =>
        {
            if (subprotocol is not null)
                options.AddSubProtocol(subprotocol);
        });
}
