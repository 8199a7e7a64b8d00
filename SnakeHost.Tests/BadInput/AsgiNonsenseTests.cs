using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.BadInput;

/// <summary>ASGI apps that do not keep to the specification.</summary>
public sealed class AsgiNonsenseTests(SharedGateways gateways) : BadAppTests(gateways)
{
    /// <summary>Bodies of <c>app(scope, receive, send)</c> that go wrong before the response has started: 500.</summary>
    private static readonly string[] s_beforeStart =
    [
        "return",
        "return 7",
        "await send(None)",
        "await send({})",
        "await send({'type': 'http.response.nonsense'})",
        "await send({'type': 'http.response.body', 'body': b'x'})",
        "await send({'type': 'http.response.start'})",
        "await send({'type': 'http.response.start', 'status': 99})",
        "await send({'type': 'http.response.start', 'status': 1000})",
        "await send({'type': 'http.response.start', 'status': 'abc'})",
        "await send({'type': 'http.response.start', 'status': None})",
        "await send({'type': 'http.response.start', 'status': 200, 'headers': [('x-a', 'text')]})",
        "await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'x-a',)]})",
        "await send({'type': 'http.response.start', 'status': 200, 'headers': 7})",
        "await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'x-a', b'a\\r\\nx-evil: 1')]})",
        "await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'x-a', b'a\\0b')]})",
        "await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'x-evil: 1\\r\\nx-a', b'a')]})",
        "await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'', b'a')]})",
        "await send({'type': 'http.response.start', 'status': 200}); await send({'type': 'http.response.start', 'status': 200})",
        "await send({'type': 'http.response.start', 'status': 200}); await send({'type': 'http.response.body', 'body': 'text'})",
        "await send({'type': 'http.response.start', 'status': 200})",
        "await send({'type': 'websocket.accept'})",
    ];

    /// <summary>Those that go wrong after the first byte of the body: the connection is aborted, the answer never looks complete.</summary>
    private static readonly string[] s_afterStart =
    [
        "raise ValueError('half way')",
        "return",
        "await send({'type': 'http.response.body', 'body': 'text'})",
        "await send({'type': 'http.response.start', 'status': 200})",
        "import sys; sys.exit(1)",
    ];

    public static TheoryData<string, int> BeforeStart => Rows(s_beforeStart.Length);

    public static TheoryData<string, int> AfterStart => Rows(s_afterStart.Length);

    [Theory, MemberData(nameof(BeforeStart))]
    [Conforms(Standard.AsgiHttp, "Response Start - send event", "An app that raises, returns or sends nonsense before the response has started is a 500, and nothing of its headers is sent")]
    public async Task BeforeTheResponseHasStarted_IsRefusedAndLeaksNothing(string python, int index)
    {
        var app = await ServeAsync(python, App(s_beforeStart[index]));

        var response = await app.RawAsync("/", "Accept: text/plain\r\n");

        Assert.True(response.Status == 500, $"{s_beforeStart[index]}\n{response.Text}");
        Assert.DoesNotContain(response.Headers, header => header.StartsWith("x-evil", StringComparison.OrdinalIgnoreCase));
        Assert.Equal("fine", await app.TextAsync("/fine"));
        await AssertOthersAreUndisturbedAsync(app);
    }

    [Theory, MemberData(nameof(AfterStart))]
    [Conforms(Standard.AsgiHttp, "Response Body - send event", "One that fails after that never looks complete: the connection is aborted")]
    public async Task AfterTheResponseHasStarted_TheConnectionIsAborted(string python, int index)
    {
        var app = await ServeAsync(python, App(
            $"""
            await send(dict(type='http.response.start', status=200, headers=[(b'content-type', b'text/plain')]))
                await send(dict(type='http.response.body', body=b'half', more_body=True))
                {s_afterStart[index]}
            """));

        var response = await app.RawAsync("/");

        Assert.Equal(200, response.Status);
        Assert.Contains("half", response.Body, StringComparison.Ordinal);
        Assert.False(response.Body.EndsWith("0\r\n\r\n", StringComparison.Ordinal), $"{s_afterStart[index]} looks complete:\n{response.Text}");
        Assert.Equal("fine", await app.TextAsync("/fine"));
        await AssertOthersAreUndisturbedAsync(app);
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task AnAppThatNeverAnswers_HoldsUpNobodyElse(string python)
    {
        var app = await ServeAsync(python, App("import asyncio; await asyncio.Event().wait()"));

        using var request = new CancellationTokenSource();
        var pending = app.Client.GetAsync(app.Tenant.Url("/"), request.Token);
        Assert.Equal("fine", await app.TextAsync("/fine"));
        await AssertOthersAreUndisturbedAsync(app);

        Assert.False(pending.IsCompleted);
        await request.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
        Assert.Equal("fine", await app.TextAsync("/fine"));
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task WhatIsSentAfterTheEnd_IsIgnoredOrRefusedButNeverSent(string python)
    {
        var app = await ServeAsync(python, App(
            """
            await send(dict(type='http.response.start', status=200, headers=[(b'content-length', b'2')]))
                await send(dict(type='http.response.body', body=b'ok'))
                await send(dict(type='http.response.body', body=b'HTTP/1.1 200 OK evil'))
            """));

        var response = await app.RawAsync("/");

        Assert.Equal((200, "ok"), (response.Status, response.Body));
        Assert.Equal("fine", await app.TextAsync("/fine"));
    }

    private static string App(string body) =>
        $$"""
        async def app(scope, receive, send):
            if scope["type"] != "http":
                raise NotImplementedError
            if scope["path"] == "/fine":
                await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
                await send({"type": "http.response.body", "body": b"fine"})
                return
            {{body}}
        """;

    private static TheoryData<string, int> Rows(int count)
    {
        var rows = new TheoryData<string, int>();
        foreach (var python in InstalledPythons.All)
        {
            for (var index = 0; index < count; index++)
                rows.Add(python.Data, index);
        }

        return rows;
    }
}
