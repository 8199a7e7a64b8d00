using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.BadInput;

/// <summary>Apps that raise, or do worse, while they answer.</summary>
public sealed class RequestFailureTests(SharedGateways gateways) : BadAppTests(gateways)
{
    private static readonly string[] s_deeds = ["value-error", "system-exit", "keyboard-interrupt", "base-exception", "recursion", "generator-exit", "memory"];

    /// <summary>The path picks the deed; anything else is answered, to see that the tenant itself lives on.</summary>
    private const string Deeds =
        """
        import sys

        class Odd(BaseException):
            pass

        def deeper(n):
            return deeper(n + 1) + 1

        def do(path):
            if path == "/value-error":
                raise ValueError("on purpose")
            if path == "/system-exit":
                sys.exit("on purpose")
            if path == "/keyboard-interrupt":
                raise KeyboardInterrupt("on purpose")
            if path == "/base-exception":
                raise Odd("on purpose")
            if path == "/generator-exit":
                raise GeneratorExit("on purpose")
            if path == "/memory":
                raise MemoryError("on purpose")
            if path == "/recursion":
                deeper(0)
            return "still here"

        """;

    public static TheoryData<string, string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string, string>();
            foreach (var python in InstalledPythons.All)
            {
                foreach (var deed in s_deeds)
                {
                    cases.Add(python.Data, "wsgi", deed);
                    cases.Add(python.Data, "asgi", deed);
                }
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task WhatIsRaised_Is500AndTheTenantLivesOn(string python, string kind, string deed)
    {
        var app = await ServeAsync(python, PythonApps.Answering(Deeds + "def answer(path):\n    return do(path)\n", kind));

        var text = await AnswerAsync(app, HttpStatusCode.InternalServerError, "/" + deed);

        Assert.Contains(deed == "recursion" ? "RecursionError" : "on purpose", text, StringComparison.Ordinal);
        Assert.Equal("still here", await app.TextAsync());
        await AssertOthersAreUndisturbedAsync(app);
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task AnAppThatEndsItsThread_IsAnErrorAndTheTenantLivesOn(string python, string kind)
    {
        var app = await ServeAsync(python, PythonApps.Answering(
            """
            import _thread

            def answer(path):
                if path == "/exit":
                    _thread.exit()
                return "still here"
            """, kind));

        await AnswerAsync(app, HttpStatusCode.InternalServerError, "/exit");

        Assert.Equal("still here", await app.TextAsync());
        await AssertOthersAreUndisturbedAsync(app);
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task RecursionThroughC_IsAnErrorToo(string python)
    {
        // repr of a deep list and a comparison recurse in C: that is what overflows a small thread stack.
        var app = await ServeAsync(python, PythonApps.Answering(
            """
            class Deep:
                def __repr__(self):
                    return repr([self])

            def answer(path):
                return repr(Deep()) if path == "/deep" else "still here"
            """));

        Assert.Contains("RecursionError", await AnswerAsync(app, HttpStatusCode.InternalServerError, "/deep"), StringComparison.Ordinal);
        Assert.Equal("still here", await app.TextAsync());
        await AssertOthersAreUndisturbedAsync(app);
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task AThreadOfTheAppThatRaises_IsReportedAndHarmless(string python)
    {
        var app = await ServeAsync(python, PythonApps.Answering(
            """
            import threading

            def fail():
                raise ValueError("in the background")

            def answer(path):
                thread = threading.Thread(target=fail)
                thread.start()
                thread.join()
                return "still here"
            """));

        Assert.Equal("still here", await app.TextAsync());
        await app.Gateway.Process.Output.WaitForLineAsync("in the background");
        await AssertOthersAreUndisturbedAsync(app);
    }
}
