using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Supervision;

/// <summary>Two gateways at one address: who answers, what one admin listener tells of both, and what happens when one ends.</summary>
public sealed partial class WorkersTests(SupervisedGateway supervised) : IClassFixture<SupervisedGateway>
{
    private const int SigHup = 1, SigKill = 9, SigStop = 19;

    private GatewayProcess Gateway => supervised.Process;

    private AdminClient Admin => Gateway.Admin!;

    [Fact]
    public async Task BothAnswer_AndHaveNothingOfTheSupervisorsOrOfEachOther()
    {
        var workers = await SupervisedGateway.WorkersAsync(Gateway);
        var app = supervised.Tenants.AddUnique("pid", ("main.py", SupervisedGateway.Pid));
        var environ = supervised.Tenants.AddUnique("environ", ("main.py", """
            import os
            def app(environ, start_response):
                start_response("200 OK", [])
                return [f"{environ['wsgi.multiprocess']} {[name for name in os.environ if name.startswith('SNAKEHOST')]}".encode()]
            """));

        Assert.Equal(workers.Order(), (await SupervisedGateway.AskAllAsync(Gateway, app.Url("/"))).Order());

        Assert.Equal("True []", await Gateway.Client.TextAsync(environ.Url("/")));
        Assert.DoesNotContain(Gateway.Id, workers);
        // A terminal's Ctrl-C does not reach them, and what they print does not stop them.
        Assert.All(workers, static worker =>
        {
            Assert.Equal(worker, ProcFiles.Group(worker));
            Assert.True(ProcFiles.Ignores(worker, 22), "SIGTTOU");
        });
        // What the gateway was started with is everybody's: the console, and what this test run has been given.
        var supervisor = Descriptors(Gateway.Id);
        var inherited = supervisor.Where(static open => open.Number is "1" or "2").Concat(supervisor.Intersect(Descriptors(Environment.ProcessId))).Select(static open => open.Target).ToList();
        foreach (var worker in workers)
        {
            var own = Descriptors(worker);
            Assert.Equal(supervisor.Where(static open => open.Number is "1" or "2"), own.Where(static open => open.Number is "1" or "2"));
            // Its input comes from the supervisor.
            var input = own.Single(static open => open.Number == "0").Target;
            Assert.Equal([input], own.Select(static open => open.Target).Where(IsSocketOrPipe).Intersect(supervisor.Select(static open => open.Target)).Except(inherited));
            Assert.DoesNotContain(workers, other => other != worker && Descriptors(other).Exists(open => open.Target == input));
        }
    }

    [Fact]
    public async Task OneAdminListener_TellsOfBoth_ReloadsInBoth_AndEvictsInBoth()
    {
        var workers = await SupervisedGateway.WorkersAsync(Gateway);
        var app = supervised.Tenants.AddUnique("merged", ("main.py", PythonApps.Answering("import os\nprint('loaded by', os.getpid())\ndef answer(path): return os.getpid()")));
        using var events = new StreamReader(await Admin.Client.GetStreamAsync(At("/api/events"), TestContext.Current.CancellationToken));
        Assert.Equal(": connected", await events.ReadLineAsync(TestContext.Current.CancellationToken));
        await SupervisedGateway.AskAllAsync(Gateway, app.Url("/"));
        using var handedOver = await Admin.Client.PutAsync(At("/api/variables/LATER_"), new StringContent("{\"KEY\":\"x\"}", System.Text.Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, handedOver.StatusCode);

        var row = (await Admin.FindAsync(app.Directory))!.Value;
        Assert.Equal((app.Name, "ready", 1), (row.GetProperty("id").GetString(), row.GetProperty("state").GetString(), row.GetProperty("generation").GetInt32()));
        Assert.Equal(workers.Order(), row.GetProperty("workers").EnumerateArray().Select(static worker => worker.GetProperty("pid").GetInt32()).Order());
        Assert.Equal(row.GetProperty("requests").GetInt64(), row.GetProperty("workers").EnumerateArray().Sum(static worker => worker.GetProperty("requests").GetInt64()));
        Assert.Equal(row.GetProperty("key").GetString(), (await Admin.Client.JsonAsync(At($"/api/tenants/{app.Name}"))).GetProperty("key").GetString());

        using var reload = await Admin.Client.SendAsync(HttpMethod.Post, At($"/api/tenants/{app.Name}/reload"), null);
        using var reloaded = JsonDocument.Parse(await reload.TextAsync(HttpStatusCode.OK));
        Assert.Equal(("loaded", 2), (reloaded.RootElement.GetProperty("outcome").GetString(), reloaded.RootElement.GetProperty("generation").GetInt32()));
        row = (await Admin.FindAsync(app.Directory))!.Value;
        Assert.Equal([2, 2], row.GetProperty("workers").EnumerateArray().Select(static worker => worker.GetProperty("generation").GetInt32()));
        Assert.Equal(2, row.GetProperty("reloads").GetInt64());

        app.Write("main.py", "raise LookupError('gone')\n");
        using var failing = await Admin.Client.SendAsync(HttpMethod.Post, At($"/api/tenants/{app.Name}/reload"), null);
        using var failed = JsonDocument.Parse(await failing.TextAsync(HttpStatusCode.OK));
        Assert.Equal(("failed", "gone"), (failed.RootElement.GetProperty("outcome").GetString(), failed.RootElement.GetProperty("error").GetProperty("message").GetString()));
        app.Write("main.py", SupervisedGateway.Pid);
        await SupervisedGateway.AskAllAsync(Gateway, app.Url("/"));

        using var evicted = await Admin.EvictAsync(app.Name);
        Assert.Equal(HttpStatusCode.NoContent, evicted.StatusCode);
        Assert.Null(await Admin.FindAsync(app.Directory));
        foreach (var (method, path) in new[] { (HttpMethod.Get, ""), (HttpMethod.Post, "/reload"), (HttpMethod.Post, "/evict") })
        {
            using var gone = await Admin.Client.SendAsync(method, At($"/api/tenants/{app.Name}{path}"), null);
            Assert.Contains(app.Name, await gone.TextAsync(HttpStatusCode.NotFound), StringComparison.Ordinal);
        }

        // As of one process: evicted when none has it any more.
        var kinds = await KindsAsync(events, app.Name, "evicted");
        Assert.Equal("loading", kinds[0]);
        Assert.Contains("reloading", kinds);
        Assert.Contains("failed", kinds);
        Assert.Equal("ready", kinds.Last(static kind => kind is not ("evicted" or "draining" or "disposed" or "stale")));

        // What both have printed at both loads, in one numbering.
        var printed = new List<(string Id, string? Text)>();
        while (printed.Count < 4)
            printed.Add(await NextLineAsync($"/api/tenants/{app.Name}/log", printed.LastOrDefault().Id));
        Assert.Equal(4, printed.DistinctBy(static line => line.Id).Count());
        Assert.Equal(workers.SelectMany(static id => new[] { $"loaded by {id}", $"loaded by {id}" }).Order(StringComparer.Ordinal), printed.Select(static line => line.Text).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task WhereOneHasNotLoadedTheTenant_TheOtherTells()
    {
        var app = supervised.Tenants.AddUnique("half-loaded", ("main.py", PythonApps.Answering(
            """
            import os, time
            try:
                os.mkdir("first")
            except FileExistsError:
                pass
            else:
                while not os.path.exists("go"): time.sleep(0.01)
            def answer(path):
                return "here"
            """)));
        var answers = new List<Task<string>>();
        await Eventually.Async(async () =>
        {
            // Which of them gets a connection is chance.
            if (answers.Count < 12)
                answers.Add(SupervisedGateway.AskAsync(Gateway.Address, app.Url("/")));
            var found = await Admin.FindAsync(app.Directory);
            Assert.NotNull(found);
            var states = found.Value.GetProperty("workers").EnumerateArray().Select(static worker => worker.GetProperty("state").GetString());
            Assert.Equal(["loading", "ready"], states.Order(StringComparer.Ordinal));
        });

        using var profiled = await Admin.Client.SendAsync(HttpMethod.Post, At($"/api/tenants/{app.Name}/profile?seconds=0.1&format=json"), null);
        using var profile = JsonDocument.Parse(await profiled.TextAsync(HttpStatusCode.OK));
        Assert.Equal("wall", profile.RootElement.GetProperty("mode").GetString());
        Assert.Contains((await Admin.Client.JsonAsync(At($"/api/tenants/{app.Name}/imports"))).EnumerateArray(), static module => module.GetProperty("name").GetString() == "main");

        app.Write("go", "");
        Assert.All(await Task.WhenAll(answers), static answer => Assert.Equal("here", answer));
    }

    [Fact]
    public async Task RequestsOfBoth_AreListedTogether_AndBothAreProfiled()
    {
        var workers = await SupervisedGateway.WorkersAsync(Gateway);
        var app = supervised.Tenants.AddUnique("looked-into", ("main.py", PythonApps.Answering(
            "import os, time\ndef waits_for_it():\n    while not os.path.exists('go'): time.sleep(0.01)\ndef answer(path):\n    if path == '/slow': waits_for_it()\n    return os.getpid()")));
        var answers = new List<Task<string>>();
        List<JsonElement> requests = [];
        await Eventually.Async(async () =>
        {
            // Which of them gets a connection is chance.
            if (answers.Count < 12)
                answers.Add(SupervisedGateway.AskAsync(Gateway.Address, app.Url("/slow")));
            await SupervisedGateway.AskAsync(Gateway.Address, app.Url("/"));
            requests = [.. (await Admin.Client.JsonAsync(At($"/api/tenants/{app.Name}/requests"))).EnumerateArray()];
            Assert.Equal(workers.Order(), requests.Select(static request => request.GetProperty("process").GetInt32()).Distinct().Order());
            Assert.Equal(answers.Count, requests.Count);
            Assert.All(requests, static request => Assert.Contains("waits_for_it", request.GetProperty("stacks").GetRawText(), StringComparison.Ordinal));
        });
        Assert.Equal(requests.OrderByDescending(static request => request.GetProperty("ageMs").GetDouble()).Select(static request => request.GetRawText()), requests.Select(static request => request.GetRawText()));

        using var profiled = await Admin.Client.SendAsync(HttpMethod.Post, At($"/api/tenants/{app.Name}/profile?seconds=0.5&format=speedscope"), null);
        using var profile = JsonDocument.Parse(await profiled.TextAsync(HttpStatusCode.OK));
        Assert.Contains(profile.RootElement.GetProperty("shared").GetProperty("frames").EnumerateArray(), static frame => frame.GetProperty("name").GetString() == "waits_for_it");
        Assert.Equal(workers.Select(static id => $"gateway {id}").Order(StringComparer.Ordinal), profile.RootElement.GetProperty("profiles").EnumerateArray()
            .Select(static thread => thread.GetProperty("name").GetString()!.Split(':')[0]).Distinct().Order(StringComparer.Ordinal));
        Assert.Contains((await Admin.Client.JsonAsync(At($"/api/tenants/{app.Name}/imports"))).EnumerateArray(), static module => module.GetProperty("name").GetString() == "main");

        app.Write("go", "");
        await Task.WhenAll(answers);
    }

    [Fact]
    public async Task AfterASave_NoConnectionToAnyWorkerGetsTheOldCode()
    {
        await SupervisedGateway.WorkersAsync(Gateway);
        var app = supervised.Tenants.AddUnique("saved", ("main.py", Version(0)));
        var clients = Enumerable.Range(0, 16).Select(_ => Loopback.ClientFor(Gateway.Address, Gateway.Describe)).ToList();
        var saved = 0;
        var stale = new ConcurrentBag<string>();
        var seen = new ConcurrentDictionary<string, bool>();
        using var end = new CancellationTokenSource();
        var load = clients.ConvertAll(client => Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                var least = Volatile.Read(ref saved);
                var (version, pid) = await client.TextAsync(app.Url("/")) is var text && text.Split(' ') is [var number, var process] ? (int.Parse(number), process) : throw new FormatException(text);
                seen[pid] = true;
                if (version < least)
                    stale.Add($"{version} of {pid}, {least} was saved");
            }
        }));
        for (var version = 1; version <= 5; version++)
        {
            // By renaming: somebody asks all the time, and would meet a file that is being written.
            app.Write("main.py.new", Version(version));
            File.Move(Path.Combine(app.Directory, "main.py.new"), Path.Combine(app.Directory, "main.py"), overwrite: true);
            Volatile.Write(ref saved, version);
            // On every connection, and so from every worker that has one.
            Assert.All(await Task.WhenAll(clients.Select(client => client.TextAsync(app.Url("/")))), text => Assert.StartsWith($"{version} ", text, StringComparison.Ordinal));
        }

        await end.CancelAsync();
        await Task.WhenAll(load);
        clients.ForEach(static client => client.Dispose());
        Assert.Empty(stale);
        Assert.Equal(2, seen.Count);

        static string Version(int number) => PythonApps.Answering($"import os\ndef answer(path): return f'{number} {{os.getpid()}}'");
    }

    [Fact]
    public async Task PagesInBrowsers_AreToldOfAChange_WhicheverWorkerTheyAsk()
    {
        await SupervisedGateway.WorkersAsync(Gateway);
        var app = supervised.Tenants.AddUnique("page", ("main.py", """
            def app(environ, start_response):
                start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", "6")])
                return [b"<p>one"]
            """));
        var page = await SupervisedGateway.AskAsync(Gateway.Address, app.Url("/"));
        var script = ScriptSource().Match(page).Groups[1].Value;
        var streams = new List<(HttpClient Client, Task<string?> Change)>();
        for (var i = 0; i < 12; i++)
        {
            // The script may come from one worker, and its events from the other.
            var source = EventSource().Match(await SupervisedGateway.AskAsync(Gateway.Address, app.Url(script))).Groups[1].Value;
            var client = Loopback.ClientFor(Gateway.Address, Gateway.Describe);
            var events = new StreamReader(await client.GetStreamAsync(app.Url(source), TestContext.Current.CancellationToken));
            Assert.Equal(": connected", await events.ReadLineAsync(TestContext.Current.CancellationToken));
            Assert.Equal("", await events.ReadLineAsync(TestContext.Current.CancellationToken));
            streams.Add((client, events.ReadLineAsync(TestContext.Current.CancellationToken).AsTask()));
        }

        Assert.DoesNotContain(streams, static stream => stream.Change.IsCompleted);
        app.Write("main.py", "raise ValueError\n");

        Assert.All(await Task.WhenAll(streams.Select(static stream => stream.Change.WaitAsync(TimeSpan.FromSeconds(30)))), static line => Assert.Equal("event: change", line));
        streams.ForEach(static stream => stream.Client.Dispose());
    }

    [Fact]
    public async Task AWorkerThatIsKilledUnderLoad_IsReplaced_AndTheOtherFailsNoRequest()
    {
        var workers = await SupervisedGateway.WorkersAsync(Gateway);
        var app = supervised.Tenants.AddUnique("killed", ("main.py", SupervisedGateway.Pid));
        await SupervisedGateway.AskAllAsync(Gateway, app.Url("/"));
        var (victim, survivor) = (workers[0], workers[1]);
        using var end = new CancellationTokenSource();
        var failures = new ConcurrentBag<(string Worker, string Failure)>();
        var answers = new ConcurrentBag<string>();
        var load = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            using var client = Loopback.ClientFor(Gateway.Address, static () => "");
            var worker = "";
            while (!end.IsCancellationRequested)
            {
                try
                {
                    worker = await client.TextAsync(app.Url("/"));
                    answers.Add(worker);
                }
                catch (HttpRequestException e)
                {
                    failures.Add((worker, e.Message));
                }
            }
        })).ToList();
        await Eventually.Async(() =>
        {
            Assert.Equal(2, answers.Distinct().Count());
            return Task.CompletedTask;
        });

        Signal(victim, SigKill);
        await Gateway.Output.WaitForLineAsync($"Worker {victim} has been ended by signal 9");
        var now = await SupervisedGateway.WorkersAsync(Gateway);
        Assert.Contains(survivor, now);
        Assert.DoesNotContain(victim, now);
        Assert.Equal(now.Order(), (await SupervisedGateway.AskAllAsync(Gateway, app.Url("/"))).Order());
        await end.CancelAsync();
        await Task.WhenAll(load);
        Assert.DoesNotContain(failures, failure => failure.Worker == $"{survivor}");
        // The list has forgotten what the dead one had.
        Assert.Equal(now.Order(), (await Admin.FindAsync(app.Directory))!.Value.GetProperty("workers").EnumerateArray().Select(static worker => worker.GetProperty("pid").GetInt32()).Order());
    }

    [Fact]
    public async Task Sighup_ReplacesAllWorkers_WhileThePortAnswers()
    {
        var workers = await SupervisedGateway.WorkersAsync(Gateway);
        var app = supervised.Tenants.AddUnique("hup", ("main.py", SupervisedGateway.Pid));
        var lines = Gateway.Output.All.Count;
        using var end = new CancellationTokenSource();
        var refused = 0;
        var asking = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                try
                {
                    await SupervisedGateway.AskAsync(Gateway.Address, app.Url("/"));
                }
                catch (HttpRequestException e)
                {
                    // A connection that has waited for a worker that closes is reset; the port itself is always somebody's.
                    if (e.InnerException?.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
                        refused++;
                }

                // So that the workers that start have something of the processors, too.
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }
        }, TestContext.Current.CancellationToken);

        try
        {
            Signal(Gateway.Id, SigHup);
            await Eventually.Async(
                () =>
                {
                    Assert.Contains(Gateway.Output.All.Skip(lines), static line => line.Contains("workers have been replaced, in", StringComparison.Ordinal));
                    return Task.CompletedTask;
                },
                TimeSpan.FromSeconds(180));
        }
        finally
        {
            await end.CancelAsync();
            await asking;
        }

        var now = await SupervisedGateway.WorkersAsync(Gateway);
        Assert.Empty(now.Intersect(workers));
        Assert.Equal(now.Order(), (await SupervisedGateway.AskAllAsync(Gateway, app.Url("/"))).Order());
        Assert.Equal(0, refused);
    }

    [Fact]
    public async Task AWorkerThatHangs_AndOneWhosePythonDoes_AreReplaced()
    {
        var workers = await SupervisedGateway.WorkersAsync(Gateway);
        var keeper = supervised.Tenants.AddUnique("keeper", ("main.py", PythonApps.Answering("""
            import ctypes, os
            def answer(path):
                open("started-%d" % os.getpid(), "w").close()
                ctypes.PyDLL(None).sleep(3600)
            """)));
        using var client = Loopback.ClientFor(Gateway.Address, static () => "");
        _ = client.GetAsync(keeper.Url("/"), TestContext.Current.CancellationToken).ContinueWith(static request => request.Exception, TaskScheduler.Default);
        var kept = 0;
        await Eventually.Async(() =>
        {
            kept = int.Parse(Path.GetFileName(Assert.Single(Directory.GetFiles(keeper.Directory, "started-*")))["started-".Length..]);
            return Task.CompletedTask;
        });
        var stopped = Assert.Single(workers, worker => worker != kept);
        Signal(stopped, SigStop);

        await Gateway.Output.WaitForAsync(line => line.Contains($"Worker {stopped} does not answer", StringComparison.Ordinal), "the end of the one that hangs", TimeSpan.FromSeconds(60));
        await Gateway.Output.WaitForAsync(line => line.Contains($"Worker {kept} is replaced. Python has not answered", StringComparison.Ordinal), "the end of the one whose GIL is kept", TimeSpan.FromSeconds(60));
        var now = await SupervisedGateway.WorkersAsync(Gateway);
        Assert.Empty(now.Intersect(workers));
        // Until then it may have taken a connection that it will not serve.
        await Eventually.Async(() => Task.Run(() => Assert.False(ProcFiles.Runs(kept))), TimeSpan.FromSeconds(90));
        var app = supervised.Tenants.AddUnique("after", ("main.py", SupervisedGateway.Pid));
        Assert.Equal(now.Order(), (await SupervisedGateway.AskAllAsync(Gateway, app.Url("/"))).Order());
    }

    private static Uri At(string path) => new("http://localhost" + path);

    private static bool IsSocketOrPipe(string target) => target.StartsWith("socket:", StringComparison.Ordinal) || target.StartsWith("pipe:", StringComparison.Ordinal);

    private static List<(string Number, string Target)> Descriptors(int process) =>
        [.. Directory.GetFileSystemEntries($"/proc/{process}/fd").Select(static file => (Path.GetFileName(file), new FileInfo(file).LinkTarget ?? ""))];

    private static void Signal(int process, int signal) => Assert.Equal(0, Send(process, signal));

    /// <summary>The kinds of a tenant's events, up to the first of that kind.</summary>
    private static async Task<List<string>> KindsAsync(StreamReader events, string tenant, string last)
    {
        var kinds = new List<string>();
        while (kinds.LastOrDefault() != last)
        {
            var line = await events.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
            if (line is null || !line.StartsWith("data: ", StringComparison.Ordinal))
                continue;
            using var data = JsonDocument.Parse(line[6..]);
            if (data.RootElement.GetProperty("tenant").GetString() == tenant)
                kinds.Add(data.RootElement.GetProperty("kind").GetString()!);
        }

        return kinds;
    }

    private async Task<(string Id, string? Text)> NextLineAsync(string path, string? lastSeen)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, At(path));
        if (lastSeen is not null)
            request.Headers.Add("Last-Event-ID", lastSeen);
        using var response = await Admin.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        var id = "";
        while (await lines.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30)) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
                id = line[4..];
            if (!line.StartsWith("data: ", StringComparison.Ordinal))
                continue;
            using var data = JsonDocument.Parse(line[6..]);
            return (id, data.RootElement.GetProperty("text").GetString());
        }

        throw new EndOfStreamException();
    }

    [GeneratedRegex("src=\"([^\"]+)\"")]
    private static partial Regex ScriptSource();

    [GeneratedRegex("EventSource\\(\"([^\"]+)\"")]
    private static partial Regex EventSource();

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Send(int process, int signal);
}
