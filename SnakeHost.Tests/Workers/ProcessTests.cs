using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Workers;

/// <summary>Apps in processes of their own: what becomes of them, of their requests and of their neighbours.</summary>
public sealed class ProcessTests
{
    private const int SigKill = 9, SigContinue = 18, SigStop = 19;

    private const string App =
        """
        import ctypes, os, socket, subprocess, sys, time

        VERSION = 1
        hoard = []
        print("loaded", VERSION)

        def app(environ, start_response):
            path = environ["PATH_INFO"]
            if path == "/exit":
                os._exit(3)
            if path == "/segfault":
                ctypes.string_at(0)
            if path == "/half":
                # What a process that is killed while it writes leaves behind.
                for number in os.listdir("/proc/self/fd"):
                    try:
                        connection = socket.socket(fileno=os.dup(int(number)))
                        if str(connection.getpeername()).endswith(".c"):
                            connection.sendall(b'{"kind":"li')
                    except OSError:
                        pass
                os._exit(5)
            if path == "/raise":
                raise LookupError("of the app's own")
            if path == "/child":
                hoard.append(subprocess.Popen(["sleep", "600"]))
            if path == "/grow":
                hoard.append(b"x" * int(environ["QUERY_STRING"]))
            if path == "/slow":
                print("slow begins")
                while not os.path.exists("go"):
                    time.sleep(0.01)
            if path == "/stream":
                write = start_response("200 OK", [("Content-Type", "text/plain")])
                write(b"begun")
                while not os.path.exists("go"):
                    time.sleep(0.01)
                os._exit(4)
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [f"{VERSION} {os.getpid()} {hoard[-1].pid if path == '/child' else 0}".encode()]
        """;

    [Fact]
    public async Task AProcessThatEnds_Is502ForItsRequests_IsLoadedAgain_AndItsNeighbourNoticesNothing()
    {
        await using var gateway = await ProcessGateway.StartAsync();
        var tenant = gateway.Tenants.Add("fragile", ("main.py", App));
        var neighbour = gateway.Tenants.Add("shared", ("main.py", App));
        var gatewayId = gateway.Process.Id;
        Assert.Equal($"1 {gatewayId} 0", await gateway.Client.TextAsync(neighbour.Url("/")));
        var first = await gateway.Client.TextAsync(tenant.Url("/"));
        Assert.NotEqual($"1 {gatewayId} 0", first);
        Assert.Equal([Id(first)], await gateway.ProcessesAsync(tenant));
        Assert.Equal("process", (await gateway.TellAsync(tenant)).GetProperty("isolation").GetString());
        Assert.Equal("shared", (await gateway.TellAsync(neighbour)).GetProperty("isolation").GetString());

        using var ended = new CancellationTokenSource();
        var load = Task.Run(async () =>
        {
            var answers = 0;
            for (; !ended.IsCancellationRequested; answers++)
                Assert.StartsWith("1 ", await gateway.Client.TextAsync(neighbour.Url("/")), StringComparison.Ordinal);
            return answers;
        }, TestContext.Current.CancellationToken);
        foreach (var (path, end) in new[] { ("/exit", "exit code 3"), ("/half", "exit code 5"), ("/segfault", "SIGSEGV") })
        {
            var before = Id(await OnceBackAsync(gateway, tenant));
            using var lost = await gateway.GetAsync(tenant, path);
            var page = await lost.TextAsync(HttpStatusCode.BadGateway);
            Assert.Contains(end, page, StringComparison.Ordinal);
            Assert.NotNull(lost.Headers.RetryAfter);
            await gateway.Process.Output.WaitForAsync(line => line.Contains(end, StringComparison.Ordinal) && line.Contains("fragile", StringComparison.Ordinal), end);
            Assert.NotEqual(before, Id(await OnceBackAsync(gateway, tenant)));
            Assert.False(ProcFiles.Runs(before));
        }

        await ended.CancelAsync();
        Assert.True(await load > 0);
        await gateway.Process.StopAsync();
    }

    [Fact]
    public async Task AnAnswerThatHadBegun_IsNeverTakenForWhole()
    {
        await using var gateway = await ProcessGateway.StartAsync();
        var tenant = gateway.Tenants.Add("stream", ("main.py", App));
        using var response = await gateway.Client.GetAsync(tenant.Url("/stream"), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        tenant.Write("go", "");
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith("1 ", await OnceBackAsync(gateway, tenant), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASave_IsSeenByTheNextRequest_WhateverTheOldProcessStillDoes()
    {
        await using var gateway = await ProcessGateway.StartAsync("--SnakeHost:Reload:Grace=10m");
        var tenant = gateway.Tenants.Add("saved", ("main.py", App));
        var first = Id(await gateway.Client.TextAsync(tenant.Url("/")));
        var slow = gateway.Client.TextAsync(tenant.Url("/slow"));
        await gateway.Process.Output.WaitForLineAsync("slow begins");

        for (var version = 2; version < 6; version++)
        {
            tenant.Write("main.py", App.Replace("VERSION = 1", $"VERSION = {version}", StringComparison.Ordinal));
            Assert.StartsWith($"{version} ", await gateway.Client.TextAsync(tenant.Url("/")), StringComparison.Ordinal);
        }

        Assert.True(ProcFiles.Runs(first));
        tenant.Write("go", "");
        Assert.Equal($"1 {first} 0", await slow);
        await Eventually.Async(() =>
        {
            Assert.False(ProcFiles.Runs(first));
            return Task.CompletedTask;
        });

        tenant.Write("main.py", "raise LookupError('while it is loaded')");
        using var failed = await gateway.GetAsync(tenant, "/");
        Assert.Contains("while it is loaded", await failed.TextAsync(HttpStatusCode.InternalServerError), StringComparison.Ordinal);
        tenant.Write("main.py", App);
        Assert.StartsWith("1 ", await gateway.Client.TextAsync(tenant.Url("/")), StringComparison.Ordinal);
        await gateway.Process.StopAsync();
    }

    [Fact]
    public async Task SeveralProcesses_ShareTheRequests_AndOneThatIsKilledIsReplaced()
    {
        await using var gateway = await ProcessGateway.StartAsync("--processes", "3", "--SnakeHost:RouteDefaults:MaxRequests=1000");
        var tenant = gateway.Tenants.Add("many", ("main.py", App));
        await gateway.Client.TextAsync(tenant.Url("/"));
        var all = await gateway.ProcessesAsync(tenant);
        Assert.Equal(3, all.Distinct().Count());

        var slow = Enumerable.Range(0, 3).Select(_ => gateway.Client.TextAsync(tenant.Url("/slow"))).ToList();
        await Eventually.Async(async () => Assert.All((await gateway.TellAsync(tenant)).GetProperty("processes").EnumerateArray(), process => Assert.Equal(1, process.GetProperty("inFlight").GetInt32())));
        tenant.Write("go", "");
        Assert.Equal(all.Order(), (await Task.WhenAll(slow)).Select(Id).Order());

        Kill(all[0]);
        await Eventually.Async(async () =>
        {
            var now = await gateway.ProcessesAsync(tenant);
            Assert.Equal(3, now.Count);
            Assert.DoesNotContain(all[0], now);
        });
        Assert.Equal(1, (await gateway.TellAsync(tenant)).GetProperty("generation").GetInt32());

        // Each has its thousand at last, and is replaced without anybody noticing.
        await Parallel.ForAsync(0, 3300, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken }, async (_, _) => await gateway.Client.TextAsync(tenant.Url("/")));
        await gateway.Process.Output.WaitForLineAsync("it has had 1000 requests");
        await Eventually.Async(async () => Assert.Empty((await gateway.ProcessesAsync(tenant)).Intersect(all)), TimeSpan.FromSeconds(60));
        await gateway.Process.StopAsync();
    }

    [Fact]
    public async Task AProcessThatHasHadItsRequests_IsReplaced_AndNoRequestFails()
    {
        await using var gateway = await ProcessGateway.StartAsync("--SnakeHost:RouteDefaults:MaxRequests=20");
        var tenant = gateway.Tenants.Add("worn", ("main.py", App));
        var seen = new HashSet<int>();
        while (seen.Count < 4)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => gateway.Client.TextAsync(tenant.Url("/"))));
            var last = answers.Select(Id).Max();
            seen.UnionWith(answers.Select(Id));
            await Eventually.Async(async () => Assert.DoesNotContain(last, await gateway.ProcessesAsync(tenant)), TimeSpan.FromSeconds(60));
        }

        await gateway.Process.StopAsync();
    }

    [Fact]
    public async Task AnAppThatEndsItsProcessOnceItIsLoaded_IsTriedAgain_AndRunsWhenItIsMended()
    {
        await using var gateway = await ProcessGateway.StartAsync("--SnakeHost:Tenants:FailureCacheDuration=0");
        var tenant = gateway.Tenants.Add("brief", ("main.py", App + "\nimport threading\nthreading.Timer(0, os._exit, (6,)).start()\n"));
        await Eventually.Async(async () =>
        {
            // It ends while it is loaded (500), or behind that (502), or not yet.
            using var lost = await gateway.GetAsync(tenant, "/");
            Assert.True((await gateway.TellAsync(tenant)).GetProperty("generation").GetInt32() > 3);
        }, TimeSpan.FromSeconds(60));
        tenant.Write("main.py", App);
        Assert.StartsWith("1 ", await OnceBackAsync(gateway, tenant), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAnswerBeforeTheRequestIsWhole_Arrives_AndAFailureOfHeadIsTold()
    {
        await using var gateway = await ProcessGateway.StartAsync();
        var tenant = gateway.Tenants.Add("early", ("main.py", App));
        using var connection = await RawConnection.OpenAsync(gateway.Process.Address);
        await connection.SendAsync($"POST / HTTP/1.1\r\nHost: {tenant.Host}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n");
        Assert.StartsWith("HTTP/1.1 200", await connection.ReadUntilAsync(" 0"), StringComparison.Ordinal);

        using var head = await gateway.Client.SendAsync(HttpMethod.Head, tenant.Url("/raise"), content: null);
        Assert.Equal(HttpStatusCode.InternalServerError, head.StatusCode);
        await gateway.Process.Output.WaitForLineAsync("LookupError: of the app's own");
    }

    [Fact]
    public async Task MoreConnectionsThanAProcessMayKeepWaiting_AreWaitedFor()
    {
        await using var gateway = await ProcessGateway.StartAsync();
        var tenant = gateway.Tenants.Add("crowded", ("main.py", App));
        var worker = Id(await gateway.Client.TextAsync(tenant.Url("/")));
        // It takes no connection meanwhile, and its socket has room for 512.
        Assert.Equal(0, SendSignal(worker, SigStop));
        var answers = Enumerable.Range(0, 700).Select(_ => gateway.Client.TextAsync(tenant.Url("/"))).ToList();
        await Eventually.Async(async () => Assert.Equal(700, (await gateway.TellAsync(tenant)).GetProperty("processes")[0].GetProperty("inFlight").GetInt32()), TimeSpan.FromSeconds(60));
        Assert.Equal(0, SendSignal(worker, SigContinue));
        Assert.All(await Task.WhenAll(answers), answer => Assert.Equal(worker, Id(answer)));
    }

    [Fact]
    public async Task ManyUploadsOfUnknownLength_Arrive()
    {
        await using var gateway = await ProcessGateway.StartAsync();
        var tenant = gateway.Tenants.Add("uploads", ("main.py",
            """
            def app(environ, start_response):
                length = len(environ["wsgi.input"].read())
                start_response("200 OK", [("Content-Type", "text/plain")])
                return [str(length).encode()]
            """));
        var sizes = Enumerable.Range(0, 96).Select(number => new[] { 1, 1 << 20, (1 << 20) + 1, 5_000_000 }[number % 4]);
        await Parallel.ForEachAsync(sizes, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = TestContext.Current.CancellationToken }, async (size, _) =>
        {
            using var content = new StreamContent(new MemoryStream(new byte[size]));
            content.Headers.ContentLength = null;
            using var request = new HttpRequestMessage(HttpMethod.Post, tenant.Url("/")) { Content = content };
            request.Headers.TransferEncodingChunked = true;
            using var response = await gateway.Client.SendAsync(request, CancellationToken.None);
            Assert.Equal(size.ToString(CultureInfo.InvariantCulture), await response.TextAsync(HttpStatusCode.OK));
        });
    }

    [Fact]
    public async Task AProcessThatIsTooLarge_IsReplaced()
    {
        await using var gateway = await ProcessGateway.StartAsync("--SnakeHost:RouteDefaults:MemoryLimit=300MB");
        var tenant = gateway.Tenants.Add("large", ("main.py", App));
        var first = Id(await gateway.Client.TextAsync(tenant.Url("/")));
        Assert.Equal($"1 {first} 0", await gateway.Client.TextAsync(tenant.Url("/grow?250000000")));
        await gateway.Process.Output.WaitForLineAsync("its limit is 300");
        await Eventually.Async(async () => Assert.NotEqual(first, Id(await OnceBackAsync(gateway, tenant))));
        await Eventually.Async(() =>
        {
            Assert.False(ProcFiles.Runs(first));
            return Task.CompletedTask;
        });

        // Far above: it is not waited for.
        using var lost = await gateway.GetAsync(tenant, "/grow?2000000000");
        Assert.True(lost.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.OK);
        Assert.StartsWith("1 ", await OnceBackAsync(gateway, tenant), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TheGatewaysEnd_IsTheEndOfAll(bool isKilled)
    {
        var gateway = await ProcessGateway.StartAsync();
        await using var _ = gateway;
        var tenant = gateway.Tenants.Add("child", ("main.py", App));
        var text = (await gateway.Client.TextAsync(tenant.Url("/child"))).Split(' ');
        var (worker, child) = (Id(text[1]), Id(text[2]));
        var folder = SocketFolder(worker);
        Assert.True(Directory.Exists(folder));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, new DirectoryInfo(folder).UnixFileMode);
        // A worker has none of the gateway's listeners: they would keep the port.
        Assert.Empty(Listeners(worker).Intersect(Listeners(gateway.Process.Id)));
        Assert.NotEmpty(Listeners(gateway.Process.Id));

        // One that is still loading has nobody to answer to either.
        var hangs = gateway.Tenants.Add("hangs", ("main.py", "import time\nprint('hangs')\ntime.sleep(1000)\n"));
        var hanging = gateway.GetAsync(hangs, "/");
        await gateway.Process.Output.WaitForAsync(line => line.EndsWith("stdout: hangs", StringComparison.Ordinal), "the load that hangs");
        var all = ProcFiles.Descendants(gateway.Process.Id);
        Assert.Contains(worker, all);
        if (isKilled)
            Kill(gateway.Process.Id);
        else
            await gateway.Process.StopAsync();
        await Eventually.Async(() =>
        {
            Assert.DoesNotContain(all, ProcFiles.Runs);
            Assert.False(ProcFiles.Runs(child));
            Assert.False(Directory.Exists(folder));
            return Task.CompletedTask;
        });
        await Task.WhenAny(hanging);
    }

    [Fact]
    public async Task ALoadThatHangs_IsEndedWithItsProcess()
    {
        await using var gateway = await ProcessGateway.StartAsync("--start-timeout", "15s");
        var tenant = gateway.Tenants.Add("hangs");
        // So long since on a busy machine the time may be over before the process runs the app: such a load tells nothing of its end.
        for (var attempt = 0; !File.Exists(Path.Join(tenant.Directory, "begun")); attempt++)
        {
            tenant.Write("main.py", $"# {attempt}\nimport os, time\nprint('pid', os.getpid())\nopen('begun', 'w').close()\ntime.sleep(1000)\n");
            using var late = await gateway.GetAsync(tenant, "/");
            await late.TextAsync(HttpStatusCode.GatewayTimeout);
        }

        var said = await gateway.Process.Output.WaitForLineAsync("pid ");
        await Eventually.Async(() =>
        {
            Assert.False(ProcFiles.Runs(Id(said[(said.LastIndexOf("pid ", StringComparison.Ordinal) + 4)..])));
            return Task.CompletedTask;
        });
        tenant.Write("main.py", App);
        Assert.StartsWith("1 ", await gateway.Client.TextAsync(tenant.Url("/")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task MoreTenantsThanRoom_TakeTurns_AndLeaveNothing()
    {
        await using var gateway = await ProcessGateway.StartAsync("--max-dynamic-apps", "2");
        var seen = new List<int>();
        for (var number = 0; number < 6; number++)
            seen.Add(Id(await gateway.Client.TextAsync(gateway.Tenants.Add($"one{number}", ("main.py", App)).Url("/"))));
        await Eventually.Async(() =>
        {
            Assert.Equal(2, seen.Count(ProcFiles.Runs));
            return Task.CompletedTask;
        });
        Assert.Equal(2, ProcFiles.Descendants(gateway.Process.Id).Count(id => ProcFiles.CommandLine(id).Contains("--worker", StringComparison.Ordinal)));
        await gateway.Process.StopAsync();
    }

    [Fact]
    public async Task APageThatReloadsItself_HasItsScript()
    {
        await using var gateway = await ProcessGateway.StartAsync("--SnakeHost:RouteDefaults:Autoreload:Browser=true");
        var tenant = gateway.Tenants.Add("page", ("main.py",
            """
            def app(environ, start_response):
                start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", "11")])
                return [b"<p>page</p>"]
            """));
        var page = await gateway.Client.TextAsync(tenant.Url("/"));
        Assert.Matches("^<p>page</p><script src=\"/.snakehost-[0-9a-f]+/page.js\"></script>\n$", page);
    }

    [Fact]
    public async Task WhatTheAppSaysAndRaises_IsTheTenants()
    {
        await using var gateway = await ProcessGateway.StartAsync();
        var tenant = gateway.Tenants.Add("tells", ("main.py", App));
        using var raised = await gateway.GetAsync(tenant, "/raise");
        var page = await raised.TextAsync(HttpStatusCode.InternalServerError);
        Assert.Contains("LookupError", page, StringComparison.Ordinal);
        Assert.Contains("main.py", page, StringComparison.Ordinal);

        using var log = await gateway.Process.Admin!.Client.GetAsync(new Uri("http://localhost/api/tenants/tells/log"), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var lines = new StreamReader(await log.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        var said = new List<string>();
        while (!said.Exists(line => line.Contains("of the app's own", StringComparison.Ordinal)))
        {
            if (await lines.ReadLineAsync(TestContext.Current.CancellationToken) is { } line && line.StartsWith("data: ", StringComparison.Ordinal))
                said.Add(JsonDocument.Parse(line[6..]).RootElement.GetProperty("text").GetString()!);
        }

        Assert.Equal("loaded 1", said[0]);

        // By hand, too, it is loaded anew in another process.
        var before = await gateway.ProcessesAsync(tenant);
        using var reload = await gateway.Process.Admin.Client.PostAsync(new Uri("http://localhost/api/tenants/tells/reload"), content: null, TestContext.Current.CancellationToken);
        Assert.Contains("\"loaded\"", await reload.TextAsync(HttpStatusCode.OK), StringComparison.Ordinal);
        Assert.Empty((await gateway.ProcessesAsync(tenant)).Intersect(before));
        using var evict = await gateway.Process.Admin.EvictAsync("tells");
        await Eventually.Async(() =>
        {
            Assert.DoesNotContain(ProcFiles.Descendants(gateway.Process.Id), id => ProcFiles.CommandLine(id).Contains("--worker", StringComparison.Ordinal));
            return Task.CompletedTask;
        });
        await gateway.Process.StopAsync();
    }

    /// <summary>The first 200 after a loss: until then the answers are 502.</summary>
    private static async Task<string> OnceBackAsync(ProcessGateway gateway, Tenant tenant)
    {
        var text = "";
        await Eventually.Async(async () =>
        {
            using var response = await gateway.GetAsync(tenant, "/");
            if (response.StatusCode != HttpStatusCode.OK)
                Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
            text = await response.TextAsync(HttpStatusCode.OK);
        }, TimeSpan.FromSeconds(60));
        return text;
    }

    private static int Id(string text) => int.Parse(text.Contains(' ', StringComparison.Ordinal) ? text.Split(' ')[1] : text, CultureInfo.InvariantCulture);

    private static string SocketFolder(int worker)
    {
        var arguments = ProcFiles.CommandLine(worker).Split(' ');
        return Path.GetDirectoryName(arguments[Array.IndexOf(arguments, "--worker") + 1])!;
    }

    /// <summary>The inodes of the TCP sockets that a process listens on.</summary>
    private static HashSet<string> Listeners(int process)
    {
        const string Listening = "0A";
        var listening = File.ReadLines("/proc/net/tcp").Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(fields => fields[3] == Listening).Select(fields => $"socket:[{fields[9]}]").ToHashSet();
        return [.. Directory.GetFileSystemEntries($"/proc/{process}/fd").Select(descriptor => new FileInfo(descriptor).LinkTarget ?? "").Where(listening.Contains)];
    }

    private static void Kill(int process) => Assert.Equal(0, SendSignal(process, SigKill));

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int SendSignal(int process, int signal);
}
