using System.Globalization;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Wsgi;

/// <summary><c>Threads</c> is how many requests of an app run at once: so many, and not one more.</summary>
public sealed class WsgiThreadTests
{
    /// <summary>Each request waits until a file appears; how many do so at once is noted in files, since no thread is left to ask.</summary>
    private const string App =
        """
        import os, pathlib, threading, time

        lock = threading.Lock()
        active = peak = 0
        threads = set()

        def app(environ, start_response):
            global active, peak
            start_response("200 OK", [("Content-Type", "text/plain")])
            if environ["PATH_INFO"] == "/state":
                return [f"{peak} {len(threads)} {environ['wsgi.multithread']}".encode()]
            if environ["PATH_INFO"] == "/file":
                return environ["wsgi.file_wrapper"](open("large.bin", "rb"))
            with lock:
                active += 1
                peak = max(peak, active)
                threads.add(threading.get_ident())
                pathlib.Path(f"active-{active}").touch()
            while not os.path.exists("go-on"):
                time.sleep(0.002)
            with lock:
                active -= 1
            return [b"gone on"]
        """;

    [Conforms(Standard.Gateway, "WSGI threads", "an app answers as many requests at once as Threads says, and not one more")]
    [Conforms(Standard.Wsgi, "environ Variables", "wsgi.multithread tells whether the app may be called by another thread meanwhile")]
    [Theory]
    [InlineData(1, "1 1 False")]
    [InlineData(3, "3 3 True")]
    public async Task SoManyRequestsRunAtOnce(int threads, string state)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await StartAsync(tenants, threads);
        var tenant = tenants.Add("app", ("main.py", App));

        var requests = Enumerable.Range(0, threads + 3).Select(_ => gateway.Client.TextAsync(tenant.Url("/"))).ToList();
        await Eventually.Async(async () =>
        {
            Assert.True(File.Exists(Path.Combine(tenant.Directory, $"active-{threads}")));
            var told = await gateway.Admin!.FindAsync(tenant.Directory);
            Assert.Equal(threads + 3, told?.GetProperty("inFlight").GetInt32());
        });
        // All are there and wait. Growth has had many of its ticks when so many answers have come.
        for (var time = 0; time < 30; time++)
            await gateway.Admin!.TenantsAsync();
        Assert.False(File.Exists(Path.Combine(tenant.Directory, $"active-{threads + 1}")));

        tenant.Write("go-on", "");
        Assert.All(await Task.WhenAll(requests), answer => Assert.Equal("gone on", answer));
        Assert.Equal(state, await gateway.Client.TextAsync(tenant.Url("/state")));
    }

    [Conforms(Standard.Gateway, "WSGI threads", "a request does not stay behind one that waits, as long as there may be another thread")]
    [Fact]
    public async Task TwoRequestsThatNeedEachOther_BothRun()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await StartAsync(tenants, threads: 2);

        // Each time on an app with one thread, which is idle when both come.
        for (var time = 0; time < 60; time++)
        {
            var tenant = tenants.Add($"app{time}", ("main.py",
                """
                import threading

                both = threading.Barrier(2)

                def app(environ, start_response):
                    start_response("200 OK", [("Content-Type", "text/plain")])
                    if environ["PATH_INFO"] == "/both":
                        both.wait()
                    return [b"ok"]
                """));
            await gateway.Client.TextAsync(tenant.Url("/"));
            Assert.Equal(["ok", "ok"], await Task.WhenAll(gateway.Client.TextAsync(tenant.Url("/both")), gateway.Client.TextAsync(tenant.Url("/both"))));
        }
    }

    [Conforms(Standard.Gateway, "WSGI threads", "an app that computes gets no threads that would only fight for the GIL")]
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task AnAppThatComputes_KeepsToItsThread(int busyThreadsPerProcessor)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await StartAsync(tenants, threads: 16);
        using var busy = new BusyProcessors(busyThreadsPerProcessor); // not while it starts and ends: other tests wait, too
        var time = 0;

        // A machine that is busy with other tests too may keep the thread from running just when it does not have the GIL, which looks like waiting.
        // It hardly does so every time; a gateway that took computing for waiting would.
        await Eventually.Async(async () =>
        {
            var tenant = tenants.Add($"app{time++}", ("main.py",
                """
                import threading

                threads = set()

                def app(environ, start_response):
                    threads.add(threading.get_ident())
                    sum(range(500_000))  # longer than the gateway waits before it looks
                    start_response("200 OK", [("Content-Type", "text/plain")])
                    return [str(len(threads)).encode()]
                """));
            var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => gateway.Client.TextAsync(tenant.Url("/"))));
            Assert.InRange(answers.Max(answer => int.Parse(answer, CultureInfo.InvariantCulture)), 1, 4);
        });
    }

    [Conforms(Standard.Gateway, "WSGI threads", "whether an app under load would do with fewer threads is tried, since those of one that computes only fight")]
    [Fact]
    public async Task AnAppThatComputesAfterItHasWaited_IsTriedWithFewerThreads()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await StartAsync(tenants, threads: 8);
        var tenant = tenants.Add("app", ("main.py",
            """
            import os, time

            def threads():
                count = 0
                for task in os.listdir("/proc/self/task"):
                    try:
                        with open(f"/proc/self/task/{task}/comm") as comm:
                            count += comm.read().startswith("app#")
                    except OSError:
                        pass  # it has ended
                return count

            def app(environ, start_response):
                if environ["PATH_INFO"] == "/wait":
                    time.sleep(0.02)
                else:
                    sum(range(50_000))
                start_response("200 OK", [("Content-Type", "text/plain")])
                return [str(threads()).encode()]
            """));
        async Task<List<int>> ThreadsAsync(string path, int times)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 48).Select(async _ =>
            {
                var counts = new List<int>();
                while (counts.Count < times)
                    counts.Add(int.Parse(await gateway.Client.TextAsync(tenant.Url(path)), CultureInfo.InvariantCulture));
                return counts;
            }));
            return [.. answers.SelectMany(counts => counts)];
        }

        await Eventually.Async(async () => Assert.Equal(8, (await ThreadsAsync("/wait", 10)).Max()));

        // Idle ones would end only after half a minute, and here none is.
        await Eventually.Async(async () => Assert.InRange((await ThreadsAsync("/compute", 30)).Min(), 1, 4));
    }

    [Conforms(Standard.Gateway, "WSGI threads", "an app that computes without the GIL gets threads")]
    [Fact]
    public async Task AnAppThatComputesWithoutTheGil_GetsThreads()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await StartAsync(tenants, threads: 4);
        var tenant = tenants.Add("app", ("main.py",
            """
            import hashlib, threading

            lock = threading.Lock()
            active = peak = 0

            def app(environ, start_response):
                global active, peak
                with lock:
                    active += 1
                    peak = max(peak, active)
                hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 200_000)
                with lock:
                    active -= 1
                start_response("200 OK", [("Content-Type", "text/plain")])
                return [str(peak).encode()]
            """));

        await Eventually.Async(async () =>
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => gateway.Client.TextAsync(tenant.Url("/"))));
            Assert.Contains(answers, answer => answer != "1");
        });
    }

    [Conforms(Standard.Gateway, "WSGI threads", "what an app does in close() keeps nobody waiting who has the answer")]
    [Fact]
    public async Task WhatCloseDoes_DoesNotHoldTheAnswerBack()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await StartAsync(tenants, threads: 1);
        var tenant = tenants.Add("app", ("main.py",
            """
            import os, time

            class Body:
                def __iter__(self):
                    return iter([b"done"])

                def close(self):
                    while not os.path.exists("go-on"):
                        time.sleep(0.002)

            def app(environ, start_response):
                start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])
                return Body() if environ["PATH_INFO"] == "/slow" else [b"next"]
            """));
        await gateway.Client.TextAsync(tenant.Url("/"));

        var slow = gateway.Client.TextAsync(tenant.Url("/slow"));
        var next = gateway.Client.TextAsync(tenant.Url("/next"));

        Assert.Equal("done", await slow);
        tenant.Write("go-on", "");
        Assert.Equal("next", await next);
    }

    [Conforms(Standard.Gateway, "WSGI threads", "a file that is being sent keeps no thread of the app's")]
    [Fact]
    public async Task AFileForASlowClient_KeepsNoThread()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await StartAsync(tenants, threads: 1);
        var tenant = tenants.Add("app", ("main.py", App));
        await using (var file = File.Create(Path.Combine(tenant.Directory, "large.bin")))
            file.SetLength(256 * 1024 * 1024);

        using var slow = await RawConnection.OpenAsync(gateway.Address, receiveBuffer: 8192);
        await slow.SendAsync($"GET /file HTTP/1.1\r\nHost: {tenant.Host}\r\n\r\n");
        await slow.ReadUntilAsync("\r\n\r\n");

        Assert.Equal("0 0 False", await gateway.Client.TextAsync(tenant.Url("/state")));
        Assert.Equal(1, (await gateway.Admin!.FindAsync(tenant.Directory))?.GetProperty("inFlight").GetInt32());
        slow.Reset();
        await Eventually.Async(async () => Assert.Equal(0, (await gateway.Admin!.FindAsync(tenant.Directory))?.GetProperty("inFlight").GetInt32()));
    }

    private static Task<GatewayProcess> StartAsync(TenantFolder tenants, int threads) =>
        GatewayProcess.StartAsync(new() { Root = tenants.Root, Arguments = ["--threads", $"{threads}"] });
}
