using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Pipeline;

/// <summary>What is logged of each request.</summary>
public sealed class AccessLogTests(LogGateway gateway) : IClassFixture<LogGateway>
{
    internal const string Wsgi =
        """
        def app(environ, start_response):
            path = environ["PATH_INFO"]
            if path == "/fails":
                raise ValueError("on purpose")
            start_response("200 OK", [("Content-Type", "text/plain")])
            return (b"0123456789" for _ in range(5)) if path == "/stream" else [b"seven!!"]
        """;

    internal const string Asgi =
        """
        async def app(scope, receive, send):
            if scope["type"] != "http":
                raise RuntimeError(scope["type"])
            if scope["path"] == "/waits":
                while (await receive())["type"] != "http.disconnect":
                    pass
                return
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(5):
                await send({"type": "http.response.body", "body": b"0123456789", "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        """;

    [Theory]
    [InlineData("wsgi", "GET", "/", 200, 7)]
    [InlineData("wsgi", "GET", "/stream", 200, 50)]
    [InlineData("asgi", "GET", "/stream", 200, 50)]
    [InlineData("wsgi", "HEAD", "/stream", 200, 0)]
    [InlineData("wsgi", "GET", "/static/file.txt", 200, 6)]
    [Conforms(Standard.Gateway, "Access log", "an entry has the bytes of the body that were sent, streamed ones too")]
    public async Task AJsonLine_HasEveryField(string tenant, string method, string path, int status, int bytes)
    {
        path += $"?{Guid.NewGuid()}";
        using var response = await gateway.Client.SendAsync(
            new HttpMethod(method), new Uri($"http://{tenant}.localhost{path}"), null, ("User-Agent", "tests/1 \"x\""), ("Referer", "http://elsewhere/"),
            ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
        await response.TextAsync(HttpStatusCode.OK);

        var line = await LineAsync(path);
        Assert.Equal(
            ["time", "client", "host", "tenant", "method", "path", "protocol", "status", "bytes", "duration_ms", "user_agent", "referer", "trace_id"],
            line.EnumerateObject().Select(field => field.Name));
        string? Text(string name) => line.GetProperty(name).GetString();
        Assert.Equal(("127.0.0.1", $"{tenant}.localhost", method, path, "HTTP/1.1"), (Text("client"), Text("host"), Text("method"), Text("path"), Text("protocol")));
        Assert.Equal((status, bytes), (line.GetProperty("status").GetInt32(), line.GetProperty("bytes").GetInt32()));
        Assert.Equal(path.StartsWith("/static", StringComparison.Ordinal) ? null : tenant, Text("tenant"));
        Assert.Equal(("tests/1 \"x\"", "http://elsewhere/", "0af7651916cd43dd8448eb211c80319c"), (Text("user_agent"), Text("referer"), Text("trace_id")));
        Assert.True(line.GetProperty("duration_ms").GetDouble() >= 0);
        Assert.True(line.GetProperty("time").GetDateTimeOffset() > DateTimeOffset.UnixEpoch);
    }

    [Fact]
    public async Task AnAnswerInTheAppsPlace_IsLoggedAsWhatTheClientGot()
    {
        using var response = await gateway.Client.GetAsync(new Uri("http://wsgi.localhost/fails"), TestContext.Current.CancellationToken);
        var text = await response.TextAsync(HttpStatusCode.InternalServerError);

        var line = await LineAsync("/fails");
        Assert.Equal((500, text.Length, "wsgi"), (line.GetProperty("status").GetInt32(), line.GetProperty("bytes").GetInt32(), line.GetProperty("tenant").GetString()));
    }

    [Fact]
    public async Task AClientThatLeavesBeforeTheAnswer_Is499()
    {
        var path = $"/waits?{Guid.NewGuid()}";
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(gateway.Process.Address, TestContext.Current.CancellationToken);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: asgi.localhost\r\n\r\n"), TestContext.Current.CancellationToken);
            await Eventually.Async(async () =>
            {
                var state = await gateway.Process.Admin!.FindAsync(Path.Join(gateway.Tenants.Root, "asgi"));
                Assert.Equal(1, state?.GetProperty("inFlight").GetInt32());
            });
        }

        var line = await LineAsync(path);
        Assert.DoesNotContain(gateway.Process.Output.All, text => text.Contains("failed to answer GET /waits", StringComparison.Ordinal));
        Assert.Equal((499, 0), (line.GetProperty("status").GetInt32(), line.GetProperty("bytes").GetInt32()));
    }

    [Theory]
    [InlineData("combined")]
    [InlineData("json")]
    [Conforms(Standard.Gateway, "Access log", "control characters and whatever is not printable ASCII are escaped: nothing a client sends begins a line or steers a terminal")]
    public async Task WhatAClientSends_StaysInItsField(string format)
    {
        using var tenants = new TenantFolder();
        tenants.Add("wsgi", ("main.py", Wsgi));
        await using var own = await GatewayProcess.StartAsync(new() { Root = tenants.Root, Arguments = ["--access-logs", format] });
        await RawRequest.GetAsync(own.Address, "/%0aINJECTED\"\\", "wsgi.localhost", "User-Agent: a\u009b[31m\"\\\tINJECTED \u00e9\r\n");

        var line = await own.Output.WaitForAsync(line => line.Contains("INJECTED", StringComparison.Ordinal), "the line of the request");
        Assert.All(line, character => Assert.InRange(character, ' ', '~'));
        if (format == "json")
        {
            using var document = JsonDocument.Parse(line);
            Assert.Equal("/%0aINJECTED\"\\", document.RootElement.GetProperty("path").GetString());
            Assert.Equal("a\u009b[31m\"\\\tINJECTED \u00e9", document.RootElement.GetProperty("user_agent").GetString());
        }
        else
        {
            Assert.Matches(@"^\s*127\.0\.0\.1 - - \[\d\d/\w+/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] ""GET /%0aINJECTED\\""\\\\ HTTP/1\.1"" 200 7 ""-"" ""a\\x9b\[31m\\""\\\\\\x09INJECTED \\xe9"" \d+\.\d$", line);
        }
    }

    private async Task<JsonElement> LineAsync(string path)
    {
        var line = await gateway.Process.Output.WaitForAsync(line => line.Contains($"\"path\":\"{path}\"", StringComparison.Ordinal), "the line of the request");
        using var document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    }
}
