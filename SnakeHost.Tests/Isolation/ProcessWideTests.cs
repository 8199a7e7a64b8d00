using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Isolation;

/// <summary>What is the process's elsewhere, set by two apps of one gateway, and again after a save.</summary>
public sealed class ProcessWideTests(SharedGateways gateways) : IsolationTests(gateways)
{
    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task WhatCanBeDoneOnceInAProcess_IsDoneByEachApp_AndAgainAfterASave(string python, string kind)
    {
        const string Main =
            """
            import gc, multiprocessing, os, sqlite3, ssl, sys, threading
            from identity import NAME

            multiprocessing.set_start_method("spawn")
            if hasattr(sys, "monitoring"):
                sys.monitoring.use_tool_id(3, NAME)
            database = sqlite3.connect("file:test?mode=memory&cache=shared", uri=True, check_same_thread=False)
            database.execute("create table user (name)")
            database.execute("insert into user values (?)", (NAME,))
            database.commit()
            if NAME == "red":
                ssl._create_default_https_context = ssl._create_unverified_context
            audited = []
            sys.addaudithook(lambda event, args: audited.append(args[0]) if event == "tenant.event" else None)
            gc.callbacks.append(lambda phase, info: None)

            def answer(path):
                sys.audit("tenant.event", NAME)
                users = sqlite3.connect("file:test?mode=memory&cache=shared", uri=True).execute("select name from user").fetchall()
                return [multiprocessing.get_start_method(), users, set(audited), len(gc.callbacks), ssl._create_default_https_context is ssl.create_default_context]
            """;
        var pair = await PairAsync(python, kind, Main);
        static string Expected(string name) => $"['spawn', [('{name}',)], {{'{name}'}}, 1, {(name == "red" ? "False" : "True")}]";

        await pair.EachAnswersAsync("/", Expected);
        foreach (var tenant in new[] { pair.Red, pair.Blue, pair.Red })
        {
            tenant.Write("main.py", PythonApps.Answering(Main + $"\n# saved {Guid.NewGuid()}", kind));
            await pair.EachAnswersAsync("/", Expected);
        }
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task EndlessRecursion_EndsInAnErrorPage_WhateverTheAppHasSet(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import sys, threading
            sys.setrecursionlimit(10**8)
            threading.stack_size(64 * 1024)

            class Proxy:
                def __getattr__(self, name):
                    return getattr(self, name)

            def by_key(x):
                return sorted([x], key=by_key)

            def answer(path):
                if path == "/thread":
                    seen = []
                    thread = threading.Thread(target=lambda: seen.append(caught(lambda: by_key(1))))
                    thread.start()
                    thread.join()
                    return seen[0]
                if path == "/key":
                    return by_key(1)
                return Proxy().anything if path == "/proxy" else "alive"

            def caught(function):
                try:
                    function()
                except RecursionError:
                    return "caught"
            """);

        await pair.EachAnswersAsync("/", _ => "alive");
        foreach (var path in new[] { "/key", "/proxy" })
            Assert.Equal([HttpStatusCode.InternalServerError, HttpStatusCode.InternalServerError], await pair.StatusAsync(path));
        await pair.EachAnswersAsync("/thread", _ => "caught");
        await pair.EachAnswersAsync("/", _ => "alive");
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task ABreakpoint_IsAnErrorPageThatSaysWhatToUse_AndInputIsEmpty(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import pdb, sys

            def answer(path):
                if path == "/breakpoint":
                    breakpoint()
                if path == "/pdb":
                    pdb.set_trace()
                if path == "/input":
                    return input("name? ")
                return repr(sys.stdin.read())
            """);

        foreach (var (path, text) in new[] { ("/breakpoint", "an app has no terminal to debug in"), ("/pdb", "an app has no terminal to debug in"), ("/input", "EOFError") })
        {
            using var response = await pair.Client.GetAsync(pair.Red.Url(path), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
            Assert.Contains(text, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }

        await pair.EachAnswersAsync("/", _ => "''");
    }

    public static TheoryData<string> WithGevent => InstalledPythons.WithModule("gevent");

    public static TheoryData<string> WithEventlet => InstalledPythons.WithModule("eventlet");

    [Theory, MemberData(nameof(WithGevent))]
    public async Task GeventsMonkeyPatch_IsRefusedOnTheErrorPage(string python) =>
        await IsRefusedAsync(python, "from gevent import monkey\nmonkey.patch_all()\n", "gevent.monkey.patch_all() is refused");

    [Theory, MemberData(nameof(WithEventlet))]
    public async Task EventletsMonkeyPatch_IsRefusedOnTheErrorPage(string python) =>
        await IsRefusedAsync(python, "import eventlet\neventlet.monkey_patch()\n", "eventlet.monkey_patch() is refused");

    private async Task IsRefusedAsync(string python, string patch, string text)
    {
        const string Main =
            """
            import socket, subprocess, threading, time

            def answer(path):
                return subprocess.run(["true"]).returncode, socket.socket.__module__, type(threading.Lock()).__module__, time.sleep.__module__
            """;
        const string Untouched = "(0, 'socket', '_thread', 'time')";
        var pair = await PairAsync(python, "wsgi", Main);
        pair.Red.Write("main.py", PythonApps.Answering(patch + Main));

        using (var response = await pair.Gateway.SharedAsync(pair.Red))
        {
            Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
            Assert.Contains(text, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }

        Assert.Equal(Untouched, await pair.TextAsync(pair.Blue));
        pair.Red.Write("main.py", PythonApps.Answering(Main));
        await pair.EachAnswersAsync("/", _ => Untouched);
    }
}
