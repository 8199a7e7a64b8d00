using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using SnakeHost.Tests.Commands;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.ScaleOut;

/// <summary>Three gateways on one folder of apps, with Redis and PostgreSQL, behind nginx as docs/deployment.md configures it.</summary>
public sealed partial class ScaleOutTests : IAsyncLifetime
{
    private const string Modules = "flask, psycopg2, redis";
    private const int Replicas = 3;

    private const string Shop =
        """
        import os
        import threading
        import uuid

        import psycopg2
        import redis
        from flask import Flask, jsonify, make_response, request

        RELEASE = "RELEASE"
        app = Flask(__name__)
        sessions = redis.Redis(unix_socket_path=os.environ["REDIS"], decode_responses=True)
        local = threading.local()


        def sql(statement, *values):
            if not hasattr(local, "connection"):
                local.connection = psycopg2.connect(os.environ["DATABASE"])
                local.connection.autocommit = True
            with local.connection.cursor() as cursor:
                # As long as a request of a database takes: some are always under way.
                cursor.execute("select pg_sleep(0.02)")
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []


        def told(**more):
            return jsonify(process=os.getpid(), release=RELEASE, **more)


        @app.get("/")
        def index():
            return told(user=sessions.get(request.cookies.get("session", "")), client=request.remote_addr, url=request.url, orders=sql("select count(*) from orders")[0][0])


        @app.post("/login/<user>")
        def log_in(user):
            key = str(uuid.uuid4())
            sessions.set(key, user)
            response = make_response(told())
            response.set_cookie("session", key)
            return response


        @app.post("/orders/<key>")
        def order(key):
            assert request.json == {"order": key}
            sql("insert into orders values (%s)", key)
            return told()
        """;

    private static readonly Uri s_shop = new("http://shop.example.com/");
    private static readonly Uri s_live = new("http://live.example.com/");
    private static readonly Uri s_busy = new("http://busy.example.com/");
    private static readonly Uri s_kit = new("http://kit.example.com/");

    /// <summary>An app whose answer is that it cannot.</summary>
    private const string Busy =
        """
        def app(environ, start_response):
            with open("asked", "a") as asked:
                asked.write("x")
            start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
            return [b"busy"]
        """;

    /// <summary>An app of which each release needs another package.</summary>
    private static readonly string s_packaged = PythonApps.Answering("import json, os\nimport kit\ndef answer(path): return json.dumps({'process': os.getpid(), 'kit': kit.VALUE})");

    private readonly string? _python = InstalledPythons.Builds.FirstOrDefault(static python => InstalledPythons.CanImport(python, Modules));
    private readonly TenantFolder _tenants = new();
    private readonly GatewayProcess?[] _gateways = new GatewayProcess?[Replicas];
    private readonly TemporaryFolder _index = new();
    private readonly WheelIndex _wheels;
    private PostgresServer? _database;
    private RedisServer? _redis;
    private NginxServer? _nginx;
    private HttpClient? _client;

    public ScaleOutTests() => _wheels = new WheelIndex(_index.Path);

    private NginxServer Nginx => _nginx!;

    private HttpClient Client => _client!;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_nginx is not null)
            await _nginx.DisposeAsync();
        foreach (var gateway in _gateways.OfType<GatewayProcess>())
            await gateway.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
        if (_database is not null)
            await _database.DisposeAsync();
        _tenants.Dispose();
        _index.Dispose();
    }

    [Fact]
    public async Task ReplicasShareWhatIsOutsideOfThem_AndEndUnnoticed()
    {
        foreach (var missing in new[] { NginxServer.Missing, PostgresServer.Missing, RedisServer.Missing })
            Assert.SkipWhen(missing is not null, missing ?? "");
        Assert.SkipWhen(_python is null, $"No Python here has {Modules} (Debian's packages python3-flask, python3-psycopg2, python3-redis).");
        _database = await PostgresServer.StartAsync();
        _redis = await RedisServer.StartAsync();
        await PythonProcess.RunAsync(_python, "import psycopg2, sys; c = psycopg2.connect(sys.argv[1]); c.autocommit = True; c.cursor().execute('create table orders (key text primary key)')", _database.ConnectionString);
        var live = _tenants.Add("live", ("main.py", Live("one")));
        _tenants.Add(".releases/shop-1", ("main.py", Shop.Replace("\"RELEASE\"", "\"one\"", StringComparison.Ordinal)));
        _tenants.Add(".releases/shop-2", ("main.py", Shop.Replace("\"RELEASE\"", "\"two\"", StringComparison.Ordinal)));
        var link = Path.Join(_tenants.Root, "shop");
        await SymbolicLink.PointAsync(link, ".releases/shop-1");
        var busy = _tenants.Add("busy", ("main.py", Busy));
        await ReleaseOfKitAsync("7");
        await Task.WhenAll(Enumerable.Range(0, Replicas).Select(replica => StartAsync(replica, "127.0.0.1:0")));
        _nginx = await NginxServer.StartAsync([.. _gateways.Select(gateway => gateway!.Address)]);
        _client = ClientFrom(IPAddress.Parse("127.0.0.2"), _nginx.Address);

        await ASessionOfOneReplica_IsThatOfAllAsync();
        await ASave_ReachesAllAsync(live);
        await AnAppThatCannot_IsAskedOnce_AndTakesNoReplicaFromTheOthersAsync(busy);
        await OfAllAsync(s_kit, "", static answer => Assert.Equal("7", answer.GetProperty("kit").GetString()));
        await OneThatIsKilled_FailsNoIdempotentRequestAsync();
        await SymbolicLink.PointAsync(link, ".releases/shop-2");
        await ReleaseOfKitAsync("8");
        await ReplacedOneAfterTheOther_NoRequestFailsAsync();
    }

    private static string Live(string version) => PythonApps.Answering($"import json, os\ndef answer(path): return json.dumps({{'process': os.getpid(), 'version': '{version}'}})");

    private async Task ASessionOfOneReplica_IsThatOfAllAsync()
    {
        using var response = await Client.PostAsync(new Uri(s_shop, "/login/ada"), content: null, TestContext.Current.CancellationToken);
        await response.TextAsync(HttpStatusCode.OK);
        var cookie = response.Values("Set-Cookie").Single().Split(';')[0];

        await OfAllAsync(s_shop, cookie, answer =>
        {
            Assert.Equal("ada", answer.GetProperty("user").GetString());
            Assert.Equal("127.0.0.2", answer.GetProperty("client").GetString());
            Assert.Equal(s_shop.AbsoluteUri, answer.GetProperty("url").GetString());
        });
    }

    private async Task ASave_ReachesAllAsync(Tenant live)
    {
        await OfAllAsync(s_live, "", static answer => Assert.Equal("one", answer.GetProperty("version").GetString()));
        live.Write("main.py", Live("two"));
        await OfAllAsync(s_live, "", static answer => Assert.Equal("two", answer.GetProperty("version").GetString()));
    }

    private async Task OneThatIsKilled_FailsNoIdempotentRequestAsync()
    {
        using var load = new ReplicaLoad(Nginx.Address, s_shop, withOrders: false);
        foreach (var gateway in _gateways)
            await load.WaitForAsync(gateway!.Id, 20);

        _gateways[0]!.Kill();

        await load.WaitForMoreAsync(200);
        await RestartAsync(0);
        await load.WaitForAsync(_gateways[0]!.Id, 20);
        await load.EndAsync(Nginx.Describe);
    }

    private async Task ReplacedOneAfterTheOther_NoRequestFailsAsync()
    {
        using var load = new ReplicaLoad(Nginx.Address, s_shop, withOrders: true);
        for (var replica = 0; replica < Replicas; replica++)
        {
            await load.WaitForAsync(_gateways[replica]!.Id, 20);
            await _gateways[replica]!.StopAsync();
            await RestartAsync(replica);
            await load.WaitForAsync(_gateways[replica]!.Id, 20);
        }

        await load.EndAsync(Nginx.Describe);

        await OfAllAsync(s_shop, "", answer =>
        {
            Assert.Equal("two", answer.GetProperty("release").GetString());
            Assert.Equal(load.Orders.Count, answer.GetProperty("orders").GetInt32());
        });
        await OfAllAsync(s_kit, "", static answer => Assert.Equal("8", answer.GetProperty("kit").GetString()));
    }

    private async Task AnAppThatCannot_IsAskedOnce_AndTakesNoReplicaFromTheOthersAsync(Tenant busy)
    {
        const int Times = 12;
        for (var i = 0; i < Times; i++)
        {
            using var answer = await Client.GetAsync(s_busy, TestContext.Current.CancellationToken);
            Assert.Equal("busy", await answer.TextAsync(HttpStatusCode.ServiceUnavailable));
            Assert.Contains("\"version\"", await Client.TextAsync(s_live), StringComparison.Ordinal);
        }

        Assert.Equal(Times, new FileInfo(Path.Join(busy.Directory, "asked")).Length);
    }

    /// <summary>As the page says: its packages, then the link.</summary>
    private async Task ReleaseOfKitAsync(string number)
    {
        if (!WheelIndex.IsUsable)
            Assert.Skip(WheelIndex.WhyNot);
        await _wheels.AddAsync("kit", number, ("kit.py", $"VALUE = '{number}'"));
        _tenants.Add($".releases/kit-{number}", ("main.py", s_packaged), ("requirements.txt", $"kit=={number}\n"));
        var page = await File.ReadAllTextAsync(Path.Join(RepositoryFolder.Path, "docs", "deployment.md"), TestContext.Current.CancellationToken);
        var folder = ReleaseSync().Match(page).Groups[1].Value.Replace("shop-8", $"kit-{number}", StringComparison.Ordinal);
        string[] command = ["sync", Path.Join(_tenants.Root, folder), $"--SnakeHost:Root={_tenants.Root}", $"--SnakeHost:Python:Executable={_python}"];
        var (exitCode, output) = await CommandRun.RunAsync(_tenants.Root, command, _wheels.Environment);
        Assert.True(exitCode == 0, output);
        await SymbolicLink.PointAsync(Path.Join(_tenants.Root, "kit"), $".releases/kit-{number}");
    }

    /// <summary>Each answer is looked at, until every replica has given some.</summary>
    private Task OfAllAsync(Uri url, string cookie, Action<JsonElement> check)
    {
        var seen = new HashSet<int>();
        return Eventually.Async(async () =>
        {
            using var response = await Client.SendAsync(HttpMethod.Get, url, content: null, ("Cookie", cookie));
            var answer = JsonSerializer.Deserialize<JsonElement>(await response.TextAsync(HttpStatusCode.OK));
            seen.Add(answer.GetProperty("process").GetInt32());
            // Not to be tried again: no answer may be another one.
            if (Record.Exception(() => check(answer)) is { } wrong)
                throw new InvalidOperationException($"{wrong.Message}\n{answer}");
            Assert.Superset(_gateways.Select(static gateway => gateway!.Id).ToHashSet(), seen);
        });
    }

    private async Task RestartAsync(int replica)
    {
        var before = _gateways[replica]!;
        await before.WaitForExitAsync();
        await StartAsync(replica, before.Address.ToString());
        await before.DisposeAsync();
        using var warm = await _gateways[replica]!.Admin!.Client.PostAsync(new Uri($"http://localhost/api/tenants?url={s_shop}"), content: null, TestContext.Current.CancellationToken);
        await warm.TextAsync(HttpStatusCode.OK);
    }

    private async Task StartAsync(int replica, string address) => _gateways[replica] = await GatewayProcess.StartAsync(new()
    {
        Python = _python,
        Root = _tenants.Root,
        Listen = address,
        EnvironmentName = "Production",
        Arguments =
        [
            "--SnakeHost:DeveloperPages=true", "--SnakeHost:Drain=3s", "--SnakeHost:HealthPath=/health", "--trusted-proxy", "127.0.0.1",
            .. SharedGateway.Route(0, ("Host", s_live.Host), ("WorkingDirectory", "live"), ("Autoreload", "true")),
            .. SharedGateway.Route(1, ("Host", "*.example.com"), ("WorkingDirectory", "{http.request.host.labels.2}"), ("Autoreload", "false"),
                ("Env:DATABASE", _database!.ConnectionString), ("Env:REDIS", _redis!.Socket)),
        ],
    });

    [GeneratedRegex(@"gateway\.py sync /srv/apps/?(\S*)`")]
    private static partial Regex ReleaseSync();

    private static HttpClient ClientFrom(IPAddress own, IPEndPoint address) => new(new SocketsHttpHandler
    {
        UseCookies = false,
        UseProxy = false,
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(own, 0));
            await socket.ConnectAsync(address, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });
}
