using System.Net;
using System.Text.Json;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Admin;

/// <summary>What the admin listener tells of requests under way.</summary>
public sealed class RequestsTests(RequestsTests.Fixture fixture) : IClassFixture<RequestsTests.Fixture>
{
    private const string Wsgi =
        """
        import os, time

        def deep_in_the_app():
            print("waits", flush=True)
            while not os.path.exists("go"):
                time.sleep(0.01)

        exec(compile("def odd():\n    deep_in_the_app()", "caf\udce9.py", "exec"))

        def app(environ, start_response):
            if environ["PATH_INFO"].startswith("/raise"):
                raise LookupError
            if environ["PATH_INFO"] == "/odd":
                odd()
            if environ["REQUEST_METHOD"] == "POST":
                environ["wsgi.input"].read()
            if environ["PATH_INFO"] == "/streams":
                write = start_response("200 OK", [])
                write(b"begun")
                deep_in_the_app()
                return []
            if environ["PATH_INFO"] != "/":
                deep_in_the_app()
            start_response("200 OK", [])
            return [b"done"]
        """;

    private const string Asgi =
        """
        import asyncio, os, time

        async def awaits():
            print("waits", flush=True)
            while not os.path.exists("go"):
                await asyncio.sleep(0.01)

        def blocks():
            print("waits", flush=True)
            while not os.path.exists("go"):
                time.sleep(0.01)

        async def app(scope, receive, send):
            if scope["type"] == "websocket":
                await receive()
                await send({"type": "websocket.accept"})
                await awaits()
                await send({"type": "websocket.close"})
                return
            if scope["type"] != "http":
                raise NotImplementedError
            if scope["path"] == "/thread":
                await asyncio.to_thread(blocks)
            elif scope["path"] == "/blocks":
                blocks()
            elif scope["path"] != "/":
                await awaits()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"done"})
        """;

    private AdminClient Admin => fixture.Process.Admin!;

    [Theory]
    [InlineData("wsgi", "/slow", "running", "thread", "deep_in_the_app")]
    [InlineData("asgi", "/slow", "awaiting", "task", "awaits")]
    [InlineData("asgi", "/blocks", "running", "task", "blocks")]
    [InlineData("wsgi", "/slow", "running", "thread", "deep_in_the_app", true)]
    [InlineData("asgi", "/slow", "awaiting", "task", "awaits", true)]
    public async Task ARequestUnderWay_IsShownWithItsStack(string name, string path, string state, string kind, string function, bool isProcess = false)
    {
        var tenant = fixture.Tenants.AddUnique(name, ("main.py", name == "wsgi" ? Wsgi : Asgi));
        Assert.Equal("done", await fixture.Client.TextAsync(Url(tenant, "/", isProcess)));
        Assert.Empty(await RequestsAsync(tenant));

        var answer = fixture.Client.SendAsync(
            HttpMethod.Post, Url(tenant, path + "?secret=1", isProcess), new ByteArrayContent(new byte[7]), ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
        var request = await FindAsync(tenant, one => Functions(one).Contains(function) && Text(one, "state") == state);

        Assert.Equal(("POST", path, "http"), (Text(request, "method"), Text(request, "path"), Text(request, "kind")));
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", Text(request, "traceId"));
        Assert.Equal(1, request.GetProperty("generation").GetInt32());
        Assert.Equal(isProcess, request.GetProperty("process").GetInt32() != fixture.Process.Id);
        Assert.True(request.GetProperty("ageMs").GetDouble() >= 0);
        Assert.False(request.GetProperty("hasBegun").GetBoolean());
        var stack = request.GetProperty("stacks")[0];
        Assert.Equal(kind, Text(stack, "kind"));
        Assert.All(stack.GetProperty("frames").EnumerateArray(), frame => Assert.DoesNotContain("/snakehost/", Text(frame, "file")!, StringComparison.Ordinal));
        Assert.Equal("app", Text(stack.GetProperty("frames")[0], "function"));
        var last = stack.GetProperty("frames").EnumerateArray().First(frame => Text(frame, "function")!.EndsWith(function, StringComparison.Ordinal));
        Assert.Equal(Path.Combine(tenant.Directory, "main.py"), Text(last, "file"));
        Assert.NotNull(Text(last, "source"));

        // The others go on meanwhile, and so does it.
        tenant.Write("go", "");
        using var response = await answer;
        Assert.Equal("done", await response.TextAsync(HttpStatusCode.OK));
        Assert.Empty(await RequestsAsync(tenant));
    }

    [Fact]
    public async Task AThreadThatWorksForATask_IsShownBesideIt()
    {
        var tenant = fixture.Tenants.AddUnique("pool", ("main.py", Asgi));
        var answer = fixture.Client.TextAsync(tenant.Url("/thread"));
        var request = await FindAsync(tenant, one => Functions(one).Contains("blocks"));
        Assert.Equal(["task", "thread"], request.GetProperty("stacks").EnumerateArray().Select(stack => Text(stack, "kind")));
        tenant.Write("go", "");
        Assert.Equal("done", await answer);
    }

    [Fact]
    public async Task AnAnswerThatHasBegun_SaysHowMuchWasSent()
    {
        var tenant = fixture.Tenants.AddUnique("wsgi", ("main.py", Wsgi));
        using var response = await fixture.Client.GetAsync(tenant.Url("/streams"), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        var request = await FindAsync(tenant, one => Functions(one).Any());
        Assert.Equal((true, 5), (request.GetProperty("hasBegun").GetBoolean(), request.GetProperty("sent").GetInt64()));
        tenant.Write("go", "");
        await response.TextAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task APath_DrivesNoTerminal()
    {
        var tenant = fixture.Tenants.AddUnique("wsgi", ("main.py", Wsgi));
        var answer = fixture.Client.TextAsync(tenant.Url("/a%0A%1B[2Jb"));
        var request = await FindAsync(tenant, one => Functions(one).Contains("deep_in_the_app"));
        Assert.Equal(@"/a\n\x1b[2Jb", Text(request, "path"));
        using var raised = await fixture.Client.GetAsync(tenant.Url("/raise%0A%1B[2Jb"), TestContext.Current.CancellationToken);
        await fixture.Process.Output.WaitForLineAsync(@"failed to answer GET /raise\n\x1b[2Jb");
        tenant.Write("go", "");
        Assert.Equal("done", await answer);
    }

    [Fact]
    public async Task AFileWhoseNameIsNoText_TakesNothingAway()
    {
        var tenant = fixture.Tenants.AddUnique("wsgi", ("main.py", Wsgi));
        var answer = fixture.Client.TextAsync(tenant.Url("/odd"));
        var request = await FindAsync(tenant, one => Functions(one).Contains("odd"));
        Assert.Contains("caf\\udce9.py", request.GetProperty("stacks")[0].GetProperty("frames").EnumerateArray().Select(frame => Text(frame, "file")));
        using var profile = await Admin.Client.PostAsync(new Uri($"http://localhost/api/tenants/{tenant.Name}/profile?seconds=0.1&format=collapsed"), null, TestContext.Current.CancellationToken);
        Assert.Contains("odd (caf\\udce9.py:1)", await profile.TextAsync(HttpStatusCode.OK), StringComparison.Ordinal);
        tenant.Write("go", "");
        Assert.Equal("done", await answer);
    }

    [Fact]
    public async Task NoSuchTenant_Is404()
    {
        using var response = await Admin.Client.GetAsync(new Uri("http://localhost/api/tenants/nobody/requests"), TestContext.Current.CancellationToken);
        Assert.Contains("There is no tenant 'nobody'.", await response.TextAsync(HttpStatusCode.NotFound), StringComparison.Ordinal);
    }

    private static Uri Url(Tenant tenant, string path, bool isProcess) => isProcess ? new Uri($"http://{tenant.Name}.own.localhost{path}") : tenant.Url(path);

    private async Task<JsonElement> FindAsync(Tenant tenant, Predicate<JsonElement> predicate)
    {
        JsonElement found = default;
        await Eventually.Async(async () => found = Assert.Single(await RequestsAsync(tenant), predicate));
        return found;
    }

    private async Task<IReadOnlyList<JsonElement>> RequestsAsync(Tenant tenant) =>
        [.. (await Admin.Client.JsonAsync(new Uri($"http://localhost/api/tenants/{tenant.Name}/requests"))).EnumerateArray()];

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static IEnumerable<string> Functions(JsonElement request) =>
        request.GetProperty("stacks").EnumerateArray().SelectMany(stack => stack.GetProperty("frames").EnumerateArray()).Select(frame => Text(frame, "function")!);

    public sealed class Fixture() : GatewayFixture(
    [
        .. SharedGateway.Route(0, ("Host", "*.own.localhost"), ("WorkingDirectory", "{http.request.host.labels.2}"), ("Isolation", "process")),
        .. SharedGateway.Route(1, ("Host", "*.localhost"), ("WorkingDirectory", "{http.request.host.labels.1}")),
    ]);
}
