using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Clients that an app keeps for its lifetime, and with which it asks the other tenant: aiohttp's and httpx's.</summary>
public sealed class OutgoingPairTests(SharedGateways gateways)
{
    private const string App =
        """
        import asyncio
        import contextlib

        import aiohttp
        import httpx
        from starlette.applications import Starlette
        from starlette.responses import JSONResponse, PlainTextResponse
        from starlette.routing import Route, WebSocketRoute

        import version
        from identity import NAME


        @contextlib.asynccontextmanager
        async def lifespan(app):
            async with aiohttp.ClientSession(headers={"X-From": NAME}) as session, httpx.AsyncClient(headers={"X-From": NAME}) as client:
                yield {"session": session, "client": client}


        def tell(request):
            return PlainTextResponse(version.tell())


        async def hello(request):
            return PlainTextResponse(f"{NAME} to {request.headers['x-from']}: {(await request.body()).decode()}")


        async def echo(socket):
            await socket.accept()
            await socket.send_text(f"{NAME} to {socket.headers['x-from']}: {await socket.receive_text()}")
            await socket.close()


        async def ask(request):
            host, port = request.scope["server"]
            other = {"Host": request.query_params["of"]}
            address = f"http://{host}:{port}"

            async def by_aiohttp(number):
                async with request.state.session.post(f"{address}/hello", headers=other, data=str(number)) as response:
                    return await response.text()

            async def by_httpx(number):
                return (await request.state.client.post(f"{address}/hello", headers=other, content=str(number))).text

            async with request.state.session.ws_connect(f"{address}/echo", headers=other) as socket:
                await socket.send_str("0")
                answers = [await socket.receive_str()]
            answers += await asyncio.gather(*(by_aiohttp(number) for number in (1, 2)), *(by_httpx(number) for number in (3, 4)))
            return JSONResponse(answers)


        app = Starlette(
            lifespan=lifespan,
            routes=[Route("/version", tell), Route("/hello", hello, methods=["POST"]), Route("/ask", ask), WebSocketRoute("/echo", echo)],
        )
        """;

    public static TheoryData<string> Interpreters => InstalledPythons.WithModule("aiohttp, httpx, starlette");

    [Theory, MemberData(nameof(Interpreters))]
    [Framework("aiohttp (client)", "aiohttp")]
    [Framework("httpx", "httpx")]
    public async Task EachAsksTheOther_AfterASaveToo(string python)
    {
        var pair = await SavedPair.OfAsync(gateways, python, App);

        await SavedPair.UseAsync(pair, async (tenant, name) =>
        {
            var (other, host) = name == "red" ? ("blue", pair.Blue.Host) : ("red", pair.Red.Host);
            Assert.Equal(
                $"[{string.Join(',', Enumerable.Range(0, 5).Select(number => $"\"{other} to {name}: {number}\""))}]",
                await pair.TextAsync(tenant, $"/ask?of={host}"));
        });
    }
}
