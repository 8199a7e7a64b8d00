using System.Net;
using System.Net.Http.Json;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>FastAPI with pydantic 2, as its documentation teaches it today.</summary>
public sealed class FastApiPairTests(SharedGateways gateways)
{
    private const string Models =
        """
        from typing import Annotated, Literal

        from pydantic import BaseModel, ConfigDict, Field, computed_field, field_validator

        from identity import NAME


        class Cat(BaseModel):
            kind: Literal["cat"]
            lives: int = 9


        class Dog(BaseModel):
            kind: Literal["dog"]
            tricks: list[str] = []


        class Order(BaseModel):
            model_config = ConfigDict(str_strip_whitespace=True)
            pet: Annotated[Cat | Dog, Field(discriminator="kind")]
            note: str
            after: "Order | None" = None

            @field_validator("note")
            @classmethod
            def sign(cls, note):
                return f"{note} for {NAME}"

            @computed_field
            @property
            def owner(self) -> str:
                return NAME


        class Page(BaseModel):
            limit: int = Field(10, le=100)
            tags: list[str] = []
        """;

    private const string App =
        """
        import contextlib
        from collections.abc import AsyncIterable
        from typing import Annotated

        from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, Form, Query, Request, UploadFile, WebSocket
        from fastapi.responses import PlainTextResponse
        from fastapi.sse import EventSourceResponse, ServerSentEvent

        import version
        from identity import NAME
        from models import Order, Page

        done = []


        @contextlib.asynccontextmanager
        async def lifespan(app):
            yield {"owner": NAME}


        def owner(request: Request) -> str:
            return request.state.owner


        app = FastAPI(title=NAME, lifespan=lifespan)
        router = APIRouter(prefix="/api", dependencies=[Depends(owner)])


        @app.get("/version", response_class=PlainTextResponse)
        def tell():
            return version.tell()


        @router.post("/orders", status_code=201)
        async def order(order: Order) -> Order:
            return order


        @router.get("/orders")
        async def orders(page: Annotated[Page, Query()], owner: Annotated[str, Depends(owner)]):
            return {"owner": owner, "limit": page.limit, "tags": page.tags}


        @router.get("/events", response_class=EventSourceResponse)
        async def events() -> AsyncIterable[ServerSentEvent]:
            for number in range(2):
                yield ServerSentEvent(data={"owner": NAME}, event="tick", id=str(number))


        @router.get("/lines")
        async def lines() -> AsyncIterable[Page]:
            for limit in range(2):
                yield Page(limit=limit, tags=[NAME])


        @router.post("/files")
        async def files(files: list[UploadFile], note: Annotated[str, Form()], tasks: BackgroundTasks):
            sizes = [len(await file.read()) for file in files]
            tasks.add_task(done.append, f"{NAME} {note}")
            return {"owner": NAME, "names": [file.filename for file in files], "sizes": sizes}


        @router.get("/done")
        async def what_was_done():
            return sorted(set(done))


        @app.websocket("/talk/{room}")
        async def talk(socket: WebSocket, room: str):
            await socket.accept()
            async for message in socket.iter_json():
                await socket.send_json({"owner": socket.state.owner, "room": room, "got": message})


        app.include_router(router)
        """;

    public static TheoryData<string> Interpreters => InstalledPythons.WithModule("fastapi.sse, pydantic.root_model, python_multipart");

    [Theory, MemberData(nameof(Interpreters))]
    [Framework("FastAPI", "fastapi")]
    [Framework("pydantic", "pydantic")]
    public async Task ModelsStreamsUploadsAndSockets_AreEachTenantsOwn_AfterASaveToo(string python)
    {
        var pair = await SavedPair.OfAsync(gateways, python, App, ("models.py", Models));

        await SavedPair.UseAsync(pair, async (tenant, name) =>
        {
            using (var ordered = await pair.Client.PostAsJsonAsync(tenant.Url("/api/orders"), new { pet = new { kind = "dog", tricks = new[] { "sit" } }, note = " soon ", after = new { pet = new { kind = "cat" }, note = "x" } }))
            {
                Assert.Equal(
                    $$$"""{"pet":{"kind":"dog","tricks":["sit"]},"note":"soon for {{{name}}}","after":{"pet":{"kind":"cat","lives":9},"note":"x for {{{name}}}","after":null,"owner":"{{{name}}}"},"owner":"{{{name}}}"}""",
                    await ordered.TextAsync(HttpStatusCode.Created));
            }

            using (var refused = await pair.Client.PostAsJsonAsync(tenant.Url("/api/orders"), new { pet = new { kind = "cow" }, note = "" }))
                Assert.Contains("union_tag_invalid", await refused.TextAsync(HttpStatusCode.UnprocessableEntity), StringComparison.Ordinal);
            Assert.Equal($$"""{"owner":"{{name}}","limit":3,"tags":["a","b"]}""", await pair.TextAsync(tenant, "/api/orders?limit=3&tags=a&tags=b"));
            var events = (await pair.TextAsync(tenant, "/api/events")).ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(2, events.Length);
            Assert.All(events, text => Assert.Contains($$"""data: {"owner": "{{name}}"}""", text, StringComparison.Ordinal));
            Assert.Equal([$$"""{"limit":0,"tags":["{{name}}"]}""", $$"""{"limit":1,"tags":["{{name}}"]}"""], (await pair.TextAsync(tenant, "/api/lines")).Split('\n', StringSplitOptions.RemoveEmptyEntries));

            using var form = new MultipartFormDataContent { { new StringContent("thanks"), "note" }, { new ByteArrayContent(new byte[100_000]), "files", "a.bin" }, { new ByteArrayContent([1]), "files", "b.bin" } };
            using (var uploaded = await pair.Client.PostAsync(tenant.Url("/api/files"), form))
                Assert.Equal($$"""{"owner":"{{name}}","names":["a.bin","b.bin"],"sizes":[100000,1]}""", await uploaded.TextAsync(HttpStatusCode.OK));
            await Eventually.Async(async () => Assert.Equal($"""["{name} thanks"]""", await pair.TextAsync(tenant, "/api/done")));

            using (var socket = await SocketClient.ConnectAsync(pair.Gateway.Process, tenant.Url("/talk/den")))
            {
                await socket.SendAsync("[1]");
                Assert.Equal($$"""{"owner":"{{name}}","room":"den","got":[1]}""", await socket.TextAsync());
                await socket.CloseAsync(1000, "");
            }

            var schema = await pair.Client.JsonAsync(tenant.Url("/openapi.json"));
            Assert.Equal(name, schema.GetProperty("info").GetProperty("title").GetString());
            Assert.Contains("swagger", await pair.TextAsync(tenant, "/docs"), StringComparison.Ordinal);
        });
    }
}
