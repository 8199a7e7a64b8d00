using System.Net;
using System.Text.Json;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Asgi;

/// <summary>What reaches an ASGI app (ASGI HTTP specification, "HTTP Connection Scope").</summary>
public sealed class AsgiRequestTests(SharedGateways gateways)
{
    private const string EchoScope =
        """
        import json

        def plain(value):
            if isinstance(value, bytes):
                return {"bytes": value.decode("latin-1")}
            if isinstance(value, (list, tuple)):
                return [plain(item) for item in value]
            if isinstance(value, dict):
                return {str(key): plain(item) for key, item in value.items()}
            return value if isinstance(value, (str, int, float, bool, type(None))) else repr(value)

        async def app(scope, receive, send):
            if scope["type"] != "http":
                raise NotImplementedError(scope["type"])
            types = {key: type(value).__name__ for key, value in scope.items()}
            pairs = {type(item).__name__ + str(len(item)) for item in scope["headers"]}
            body = json.dumps({"scope": plain(scope), "types": types, "pairs": sorted(pairs)}).encode()
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
            await send({"type": "http.response.body", "body": body})
        """;

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "HTTP Connection Scope", "The scope has type, asgi, http_version, method, scheme, path, raw_path, query_string, root_path, headers, client and server; ports are ints")]
    public async Task TheScope_HoldsWhatTheSpecificationDemands(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, EchoScope);

        var answer = await app.Client.JsonAsync(app.Tenant.Url("/a%20b/%C3%BC?x=1&y=%20z"));

        var scope = answer.GetProperty("scope");
        Assert.Equal("http", scope.GetProperty("type").GetString());
        Assert.Equal("3.0", scope.GetProperty("asgi").GetProperty("version").GetString());
        Assert.StartsWith("2.", scope.GetProperty("asgi").GetProperty("spec_version").GetString(), StringComparison.Ordinal);
        Assert.Equal("1.1", scope.GetProperty("http_version").GetString());
        Assert.Equal("GET", scope.GetProperty("method").GetString());
        Assert.Equal("http", scope.GetProperty("scheme").GetString());
        Assert.Equal("/a b/\u00fc", scope.GetProperty("path").GetString());
        Assert.Equal("/a%20b/%C3%BC", Bytes(scope.GetProperty("raw_path")));
        Assert.Equal("x=1&y=%20z", Bytes(scope.GetProperty("query_string")));
        Assert.Equal("", scope.GetProperty("root_path").GetString());
        Assert.Equal("127.0.0.1", scope.GetProperty("client")[0].GetString());
        Assert.Equal(JsonValueKind.Number, scope.GetProperty("client")[1].ValueKind);
        Assert.Equal(JsonValueKind.Number, scope.GetProperty("server")[1].ValueKind);
        Assert.False(scope.GetProperty("extensions").TryGetProperty("http.response.debug", out _));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "HTTP Connection Scope", "headers are pairs of byte strings")]
    public async Task Headers_AreLowerCaseBytesInTheirOrderWithTheirRepetitions(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, EchoScope);

        using var response = await app.GetAsync("/", ("X-Zulu", "1"), ("X-Alpha", "2"), ("X-Zulu", "3"), ("X-Latin", "plain"));

        var answer = JsonDocument.Parse(await response.TextAsync(HttpStatusCode.OK)).RootElement;
        Assert.All(answer.GetProperty("pairs").EnumerateArray(), pair => Assert.Matches("^(tuple|list)2$", pair.GetString()!));
        var headers = answer.GetProperty("scope").GetProperty("headers").EnumerateArray().Select(pair => (Bytes(pair[0]), Bytes(pair[1]))).ToList();
        Assert.All(headers, header => Assert.Equal(header.Item1.ToLowerInvariant(), header.Item1));
        Assert.Contains(("host", app.Tenant.Host), headers);
        Assert.Contains(("x-alpha", "2"), headers);
        Assert.Equal("1,3", string.Join(',', headers.Where(header => header.Item1 == "x-zulu").Select(header => header.Item2)).Replace(" ", "", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "HTTP Connection Scope", "root_path is where the app is mounted, and path holds it")]
    public async Task BelowAPathPrefix_RootPathIsThePrefixAndThePathIsWhole(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, EchoScope);

        using var response = await app.Client.SendAsync(HttpMethod.Get, new($"http://{SharedGateway.MountHost}/api/v1/things/7"), null, (SharedGateway.TenantHeader, app.Tenant.Name));

        var scope = JsonDocument.Parse(await response.TextAsync(HttpStatusCode.OK)).RootElement.GetProperty("scope");
        Assert.Equal("/api/v1", scope.GetProperty("root_path").GetString());
        // "path" includes root_path since HTTP spec 2.4's clarification; so do uvicorn and hypercorn.
        Assert.Equal("/api/v1/things/7", scope.GetProperty("path").GetString());
        Assert.Equal("/api/v1/things/7", Bytes(scope.GetProperty("raw_path")));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiHttp, "Request - receive event", "A large body comes in parts, more_body false on the last")]
    public async Task TheBody_IsReceivedInPartsThatMakeTheWhole(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python,
            """
            import hashlib

            async def app(scope, receive, send):
                if scope["type"] != "http":
                    raise NotImplementedError
                digest, more, kinds = hashlib.sha256(), True, set()
                while more:
                    message = await receive()
                    kinds.add((message["type"], type(message.get("body", b"")).__name__))
                    digest.update(message.get("body", b""))
                    more = message.get("more_body", False)
                await send({"type": "http.response.start", "status": 200, "headers": [[b"content-type", b"application/octet-stream"], [b"x-digest", digest.hexdigest().encode()], [b"x-kinds", repr(kinds).encode()]]})
                for number in range(10):
                    await send({"type": "http.response.body", "body": bytes([number]) * 1048576, "more_body": True})
                await send({"type": "http.response.body"})
            """);
        var body = new byte[10 * 1024 * 1024];
        Random.Shared.NextBytes(body);

        using var response = await app.SendAsync(HttpMethod.Post, "/", new ByteArrayContent(body));

        var answer = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.Equal([Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(body))], response.Values("x-digest"));
        Assert.Equal(["{('http.request', 'bytes')}"], response.Values("x-kinds"));
        Assert.Equal(10 * 1048576, answer.Length);
        Assert.All(Enumerable.Range(0, 10), number => Assert.Equal(number, answer[(number * 1048576) + 7]));
    }

    private static string Bytes(JsonElement value) => value.GetProperty("bytes").GetString()!;
}
