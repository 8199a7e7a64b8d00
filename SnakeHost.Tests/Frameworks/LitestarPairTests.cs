using System.Net;
using System.Net.Http.Json;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Litestar: controllers, dependencies, structs of msgspec, functions on threads, events, WebSockets and its event bus.</summary>
public sealed class LitestarPairTests(SharedGateways gateways)
{
    private const string Models =
        """
        from dataclasses import dataclass

        import msgspec
        from litestar.dto import DataclassDTO, DTOConfig

        from identity import NAME


        class Order(msgspec.Struct):
            colour: str
            amount: int
            owner: str = NAME


        @dataclass
        class User:
            name: str
            secret: str = f"secret of {NAME}"


        class Shown(DataclassDTO[User]):
            config = DTOConfig(exclude={"secret"})
        """;

    private const string App =
        """
        import contextlib
        from collections.abc import AsyncGenerator

        from litestar import Controller, Litestar, Request, WebSocket, get, post, websocket_listener
        from litestar.datastructures import State
        from litestar.di import Provide
        from litestar.enums import MediaType
        from litestar.events import listener
        from litestar.openapi import OpenAPIConfig
        from litestar.response import ServerSentEvent

        import version
        from identity import NAME
        from models import Order, Shown, User

        heard = set()


        @contextlib.asynccontextmanager
        async def lifespan(app: Litestar) -> AsyncGenerator[None, None]:
            app.state.owner = NAME
            yield


        async def owner(state: State) -> str:
            return state.owner


        @get("/version", media_type=MediaType.TEXT, sync_to_thread=True)
        def tell() -> str:
            return version.tell()


        class Orders(Controller):
            path = "/orders"
            dependencies = {"owner": Provide(owner)}

            @post()
            async def add(self, data: Order, request: Request) -> Order:
                request.app.emit("ordered", data.colour)
                return data

            @get(sync_to_thread=True)
            def show(self, owner: str, limit: int = 10) -> dict[str, str | int | list[str]]:
                import lazy

                return {"owner": owner, "lazy": lazy.NAME, "limit": limit, "heard": sorted(heard)}


        @listener("ordered")
        async def on_ordered(colour: str) -> None:
            heard.add(f"{NAME} {colour}")


        @get("/user", return_dto=Shown)
        async def user() -> User:
            return User(NAME)


        @get("/events")
        async def events() -> ServerSentEvent:
            async def send():
                for number in range(2):
                    yield {"data": f"{NAME} {number}", "event": "tick"}

            return ServerSentEvent(send())


        @websocket_listener("/talk/{room:str}")
        async def talk(data: dict[str, str], room: str, socket: WebSocket) -> dict[str, str]:
            return {"owner": socket.app.state.owner, "room": room, **data}


        app = Litestar(
            [tell, Orders, user, events, talk],
            lifespan=[lifespan],
            listeners=[on_ordered],
            openapi_config=OpenAPIConfig(title=NAME, version="1"),
        )
        """;

    public static TheoryData<string> Interpreters => InstalledPythons.WithModule("litestar, msgspec");

    [Theory, MemberData(nameof(Interpreters))]
    [Framework("Litestar", "litestar")]
    public async Task ModelsDependenciesEventsAndSockets_AreEachTenantsOwn_AfterASaveToo(string python)
    {
        var pair = await SavedPair.OfAsync(gateways, python, App, ("models.py", Models), ("lazy.py", "from identity import NAME\n"));

        await SavedPair.UseAsync(pair, async (tenant, name) =>
        {
            using (var ordered = await pair.Client.PostAsJsonAsync(tenant.Url("/orders"), new { colour = "teal", amount = 2 }))
                Assert.Equal($$"""{"colour":"teal","amount":2,"owner":"{{name}}"}""", await ordered.TextAsync(HttpStatusCode.Created));
            using (var refused = await pair.Client.PostAsJsonAsync(tenant.Url("/orders"), new { colour = "teal", amount = "many" }))
                Assert.Contains("amount", await refused.TextAsync(HttpStatusCode.BadRequest), StringComparison.Ordinal);
            await Eventually.Async(async () => Assert.Equal($$"""{"owner":"{{name}}","lazy":"{{name}}","limit":3,"heard":["{{name}} teal"]}""", await pair.TextAsync(tenant, "/orders?limit=3")));
            Assert.Equal($$"""{"name":"{{name}}"}""", await pair.TextAsync(tenant, "/user"));
            Assert.Equal($"event: tick\ndata: {name} 0\n\nevent: tick\ndata: {name} 1\n\n", (await pair.TextAsync(tenant, "/events")).ReplaceLineEndings("\n"));
            Assert.Equal(name, (await pair.Client.JsonAsync(tenant.Url("/schema/openapi.json"))).GetProperty("info").GetProperty("title").GetString());
            using var socket = await SocketClient.ConnectAsync(pair.Gateway.Process, tenant.Url("/talk/den"));
            await socket.SendAsync("""{"text": "hello"}""");
            Assert.Equal($$"""{"owner":"{{name}}","room":"den","text":"hello"}""", await socket.TextAsync());
            await socket.CloseAsync(1000, "");
        });
    }
}
