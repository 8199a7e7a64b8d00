using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SnakeHost.Tests.Apps;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.ScaleOut;

/// <summary>What the gateway does between SIGTERM and its end, so that a load balancer's requests find another one.</summary>
public sealed class DrainTests : IDisposable
{
    private const string Slow =
        """
        import os, time
        def answer(path):
            assert path != "/fails"
            if path == "/slow":
                open("started", "w").close()
                while not os.path.exists("go-on"):
                    time.sleep(0.01)
            return "here"
        """;

    private const string Asgi =
        """
        import asyncio, os
        async def app(scope, receive, send):
            if scope["type"] == "websocket":
                await receive()
                await send({"type": "websocket.accept"})
                await receive()
            elif scope["type"] == "http":
                assert scope["path"] != "/fails"
                if scope["path"] == "/slow":
                    open("started", "w").close()
                    while not os.path.exists("go-on"):
                        await asyncio.sleep(0.01)
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b"here"})
        """;

    private const string Handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";

    private static readonly Uri s_health = new("http://10.1.2.3/health");

    private readonly TenantFolder _tenants = new();

    public void Dispose() => _tenants.Dispose();

    [Fact]
    public async Task WhileItDrains_ItsHealthSaysSo_AndEachAnswerEndsItsConnection()
    {
        await using var gateway = await StartAsync("--SnakeHost:Drain=1h", "--SnakeHost:HealthPath=/health");
        var asgi = _tenants.Add("asgi", ("main.py", Asgi));
        Tenant[] apps = [_tenants.Add("wsgi", ("main.py", PythonApps.Answering(Slow))), asgi, _tenants.Add("own", ("main.py", PythonApps.Answering(Slow)))];
        Assert.Equal("Healthy", await gateway.Client.TextAsync(s_health));
        List<KeptConnection> kept = [.. apps.Select(app => new KeptConnection(gateway.Address, app.Host, "1.1"))];
        List<Task<(RawResponse Head, byte[] Body)>> slow = [];
        foreach (var (app, connection) in apps.Zip(kept))
        {
            await gateway.Client.TextAsync(app.Url("/"));
            Assert.False(Ends((await connection.AskAsync("/")).Head));
            slow.Add(AskAsync(gateway, app, "/slow"));
            await Eventually.Async(() =>
            {
                Assert.True(File.Exists(Path.Join(app.Directory, "started")));
                return Task.CompletedTask;
            });
        }

        gateway.Terminate();

        await gateway.Output.WaitForLineAsync("The gateway drains");
        gateway.Terminate(); // Nothing more comes of it.
        foreach (var (client, url) in new[] { (gateway.Client, s_health), (gateway.Admin!.Client, new Uri("http://localhost/health")) })
        {
            using var health = await client.GetAsync(url, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        }

        foreach (var (app, connection) in apps.Zip(kept))
        {
            foreach (var (head, _) in new[] { await connection.AskAsync("/"), await AskAsync(gateway, app, "/") })
                Assert.True(head.Status == 200 && Ends(head), head.Text);
            app.Write("go-on", "");
            connection.Dispose();
        }

        // Those that had come before, too.
        Assert.All(await Task.WhenAll(slow), static answer => Assert.True(answer.Head.Status == 200 && Ends(answer.Head), answer.Head.Text));
        Assert.All(
            [(await AskAsync(gateway, new("nobody", ""), "/")).Head, .. await Task.WhenAll(apps.Select(async app => (await AskAsync(gateway, app, "/fails")).Head))],
            static head => Assert.True(Ends(head), head.Text));
        using var web = await RawConnection.OpenAsync(gateway.Address);
        await web.SendAsync($"GET / HTTP/1.1\r\nHost: {asgi.Host}\r\n{Handshake}\r\n");
        var accepted = RawResponse.Parse(await web.UntilAsync("\r\n\r\n"));
        Assert.True(accepted.Status == 101 && accepted.Headers.Contains("Connection: Upgrade"), accepted.Text);

        gateway.Interrupt();
        Assert.True(await gateway.WaitForExitAsync() == 0, gateway.Describe());
    }

    /// <summary>By GOAWAY: what is under way there goes on, and the client opens another one for what comes next.</summary>
    [Fact]
    public async Task WhileItDrains_AConnectionOfHttp2_TakesNothingNew()
    {
        await using var gateway = await StartAsync(new GatewaySettings { Listen = "h2c://127.0.0.1:0" }, "--SnakeHost:Drain=1h");
        var app = _tenants.Add("shop", ("main.py", PythonApps.Answering(Slow)));
        var opened = 0;
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                opened++;
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(gateway.Address, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        for (var i = 0; i < 3; i++)
            await client.TextAsync(app.Url("/"));
        Assert.Equal(1, opened);

        gateway.Terminate();
        await gateway.Output.WaitForLineAsync("The gateway drains");

        await Eventually.Async(async () =>
        {
            Assert.Equal("here", await client.TextAsync(app.Url("/")));
            Assert.True(opened > 1);
        });
    }

    /// <summary>The kernel has accepted them, and their clients have sent all. Whoever closes a listener has the kernel reset what waits there.</summary>
    [Fact]
    public async Task ConnectionsThatNobodyHasAcceptedYet_AreAnswered()
    {
        await using var gateway = await StartAsync("--SnakeHost:Drain=1ms");
        var app = _tenants.Add("shop", ("main.py", PythonApps.Answering(Slow)));
        await gateway.Client.TextAsync(app.Url("/"));
        gateway.Suspend();
        List<RawConnection> waiting = [];
        for (var i = 0; i < 200; i++)
        {
            waiting.Add(await RawConnection.OpenAsync(gateway.Address));
            await waiting[i].SendAsync($"POST / HTTP/1.1\r\nHost: {app.Host}\r\nContent-Length: 0\r\n\r\n");
        }

        gateway.Terminate();
        gateway.Resume();

        foreach (var connection in waiting)
        {
            var answer = RawResponse.Parse(await connection.ToEndAsync());
            Assert.True(answer.Status == 200, $"'{answer.Text}'. {gateway.Describe()}");
            connection.Dispose();
        }

        Assert.True(await gateway.WaitForExitAsync() == 0, gateway.Describe());
    }

    [Fact]
    public async Task SeveralGateways_DrainAsOneDoes()
    {
        await using var gateway = await StartAsync("--SnakeHost:Drain=1h", "--workers", "2");
        var app = _tenants.Add("shop", ("main.py", PythonApps.Answering(Slow)));

        gateway.Terminate();

        for (var worker = 0; worker < 2; worker++)
            await gateway.Output.WaitForLineAsync("The gateway drains");
        using var health = await gateway.Admin!.Client.GetAsync(new Uri("http://localhost/health"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.True(Ends((await AskAsync(gateway, app, "/")).Head));
        gateway.Interrupt();
        Assert.True(await gateway.WaitForExitAsync() == 0, gateway.Describe());
    }

    /// <summary>Whoever asks for the health at that address would else take all of them for ended.</summary>
    [Fact]
    public async Task AGatewayThatIsReplaced_TakesNoMoreConnections_AndServesThoseItHas()
    {
        await using var gateway = await StartAsync("--SnakeHost:Drain=1h", "--SnakeHost:HealthPath=/health", "--workers", "2");
        var app = _tenants.Add("shop", ("main.py", PythonApps.Answering("import os\ndef answer(path): return os.getpid()")));
        var kept = new Dictionary<string, KeptConnection>();
        while (kept.Count < 2)
        {
            var connection = new KeptConnection(gateway.Address, app.Host, "1.1");
            if (!kept.TryAdd(Encoding.UTF8.GetString((await connection.AskAsync("/")).Body), connection))
                connection.Dispose();
        }

        gateway.HangUp();

        var line = await gateway.Output.WaitForAsync(static line => line.Contains(" serves in its place", StringComparison.Ordinal), "a worker in the place of another one", TimeSpan.FromSeconds(60));
        for (var i = 0; i < 20; i++)
        {
            using var connection = new KeptConnection(gateway.Address, "10.1.2.3", "1.1");
            Assert.Equal(200, (await connection.AskAsync("/health")).Head.Status);
        }

        foreach (var (worker, connection) in kept)
        {
            var (head, body) = await connection.AskAsync("/");
            Assert.Equal((200, worker, line.Contains($"Worker {worker} drains", StringComparison.Ordinal)), (head.Status, Encoding.UTF8.GetString(body), Ends(head)));
            connection.Dispose();
        }

        gateway.Interrupt();
        Assert.True(await gateway.WaitForExitAsync() == 0, gateway.Describe());
    }

    /// <summary>All that it has taken on would wait for the time of the drain.</summary>
    [Fact]
    public async Task AGatewayWhosePythonDoesNotAnswer_EndsWithoutADrain()
    {
        await using var gateway = await StartAsync("--SnakeHost:Drain=1h", "--SnakeHost:Reload:Grace=1s", "--workers", "2");
        var keeper = _tenants.Add("keeper", ("main.py", PythonApps.Answering("import ctypes, os\ndef answer(path):\n    open('started', 'w').write(str(os.getpid()))\n    ctypes.PyDLL(None).sleep(3600)")));
        using var connection = new KeptConnection(gateway.Address, keeper.Host, "1.1");
        var request = connection.AskAsync("/");

        await gateway.Output.WaitForAsync(static line => line.Contains(" serves in its place", StringComparison.Ordinal), "a worker in the place of the one whose GIL is kept", TimeSpan.FromSeconds(60));

        var kept = int.Parse(await File.ReadAllTextAsync(Path.Join(keeper.Directory, "started"), TestContext.Current.CancellationToken), CultureInfo.InvariantCulture);
        await Eventually.Async(
            () =>
            {
                Assert.False(ProcFiles.Runs(kept));
                return Task.CompletedTask;
            },
            TimeSpan.FromSeconds(60));
        Assert.NotNull(await Record.ExceptionAsync(() => request));
        gateway.Interrupt();
        // Whether it has heard yet that this one has ended, with 1, is chance.
        await gateway.WaitForExitAsync();
    }

    private static bool Ends(RawResponse answer) => answer.Headers.Contains("Connection: close");

    private static async Task<(RawResponse Head, byte[] Body)> AskAsync(GatewayProcess gateway, Tenant app, string target)
    {
        using var connection = new KeptConnection(gateway.Address, app.Host, "1.1");
        return await connection.AskAsync(target);
    }

    private Task<GatewayProcess> StartAsync(params string[] arguments) => StartAsync(new GatewaySettings(), arguments);

    private Task<GatewayProcess> StartAsync(GatewaySettings settings, params string[] arguments) => GatewayProcess.StartAsync(settings with
    {
        Root = _tenants.Root,
        Arguments =
        [
            .. arguments,
            .. SharedGateway.Route(0, ("Host", "own.localhost"), ("WorkingDirectory", "own"), ("Isolation", "process")),
            .. SharedGateway.Route(1, ("Host", "*.localhost"), ("WorkingDirectory", "{http.request.host.labels.1}")),
        ],
    });
}
