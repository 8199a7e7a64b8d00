using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>
/// Apps that ask a language model: the asynchronous clients of Anthropic and OpenAI, made when the module is imported, of what the tenant's environment
/// says. The model is an app of the same gateway, which answers with the key that it was given and the text that it was sent.
/// </summary>
public sealed class ModelClientPairTests(SharedGateways gateways)
{
    private const string Model =
        """
        import json

        from starlette.applications import Starlette
        from starlette.responses import JSONResponse, StreamingResponse
        from starlette.routing import Route


        def events(*messages):
            async def send():
                for name, message in messages:
                    yield (f"event: {name}\n" if name else "") + f"data: {message if isinstance(message, str) else json.dumps(message)}\n\n"

            return StreamingResponse(send(), media_type="text/event-stream")


        async def messages(request):
            asked = await request.json()
            parts = [request.headers["x-api-key"], " heard ", asked["messages"][-1]["content"]]
            message = {"id": "m", "type": "message", "role": "assistant", "model": asked["model"], "stop_reason": "end_turn", "stop_sequence": None,
                       "usage": {"input_tokens": 1, "output_tokens": 3}}
            if not asked.get("stream"):
                return JSONResponse({**message, "content": [{"type": "text", "text": "".join(parts)}]})
            return events(
                ("message_start", {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}}),
                ("content_block_start", {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
                *(("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": part}}) for part in parts),
                ("content_block_stop", {"type": "content_block_stop", "index": 0}),
                ("message_delta", {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 3}}),
                ("message_stop", {"type": "message_stop"}))


        async def completions(request):
            asked = await request.json()
            parts = [request.headers["authorization"].removeprefix("Bearer "), " heard ", asked["messages"][-1]["content"]]
            answer = {"id": "c", "created": 1, "model": asked["model"]}
            if not asked.get("stream"):
                choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "".join(parts)}}
                return JSONResponse({**answer, "object": "chat.completion", "choices": [choice]})
            return events(
                *((None, {**answer, "object": "chat.completion.chunk", "choices": [{"index": 0, "finish_reason": None, "delta": {"content": part}}]}) for part in parts),
                (None, "[DONE]"))


        app = Starlette(routes=[Route("/v1/messages", messages, methods=["POST"]), Route("/v1/chat/completions", completions, methods=["POST"])])
        """;

    private const string Anthropic =
        """
        import os
        from anthropic import AsyncAnthropic

        client = AsyncAnthropic(default_headers={"Host": os.environ["MODEL_HOST"]})


        async def whole(text):
            return (await client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": text}])).content[0].text


        async def parts(text):
            async with client.messages.stream(model="m", max_tokens=9, messages=[{"role": "user", "content": text}]) as stream:
                async for part in stream.text_stream:
                    yield part
        """;

    private const string OpenAi =
        """
        import os
        from openai import AsyncOpenAI

        client = AsyncOpenAI(default_headers={"Host": os.environ["MODEL_HOST"]})


        async def whole(text):
            return (await client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])).choices[0].message.content


        async def parts(text):
            async for part in await client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}], stream=True):
                yield part.choices[0].delta.content
        """;

    private const string App =
        """
        import asyncio

        from starlette.applications import Starlette
        from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
        from starlette.routing import Route

        import asking
        import version


        def tell(request):
            return PlainTextResponse(version.tell())


        async def ask(request):
            return JSONResponse(await asyncio.gather(*(asking.whole(f"{number}") for number in range(3))))


        async def stream(request):
            return StreamingResponse(asking.parts(request.query_params["text"]), media_type="text/plain")


        app = Starlette(routes=[Route("/version", tell), Route("/ask", ask), Route("/stream", stream)])
        """;

    public static TheoryData<string> WithAnthropic => InstalledPythons.WithModule("anthropic, starlette");

    public static TheoryData<string> WithOpenAi => InstalledPythons.WithModule("openai, starlette");

    [Theory, MemberData(nameof(WithAnthropic))]
    [Framework("anthropic", "anthropic")]
    public Task Anthropics_HasEachTenantsKey_AfterASaveToo(string python) => AskAsync(python, Anthropic, "ANTHROPIC", "");

    [Theory, MemberData(nameof(WithOpenAi))]
    [Framework("openai", "openai")]
    public Task OpenAis_HasEachTenantsKey_AfterASaveToo(string python) => AskAsync(python, OpenAi, "OPENAI", "/v1");

    private async Task AskAsync(string python, string asking, string prefix, string path)
    {
        var gateway = await gateways.ForAsync(python);
        var model = gateway.NewTenant("model", ("main.py", Model));
        var pair = await SavedPair.OfAsync(gateways, python, App, ("asking.py", asking));
        foreach (var (tenant, name) in new[] { (pair.Red, "red"), (pair.Blue, "blue") })
            tenant.Write(".env", $"{prefix}_API_KEY=key-of-{name}\n{prefix}_BASE_URL=http://{gateway.Process.Address}{path}\nMODEL_HOST={model.Host}\n");

        await SavedPair.UseAsync(pair, async (tenant, name) =>
        {
            Assert.Equal($"[{string.Join(',', Enumerable.Range(0, 3).Select(number => $"\"key-of-{name} heard {number}\""))}]", await pair.TextAsync(tenant, "/ask"));
            Assert.Equal($"key-of-{name} heard hello", await pair.TextAsync(tenant, "/stream?text=hello"));
        });
    }
}
