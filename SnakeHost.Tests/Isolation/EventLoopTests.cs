using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Isolation;

/// <summary>What apps set on asyncio: handlers of signals, and the policy that makes event loops.</summary>
public sealed class EventLoopTests(SharedGateways gateways) : IsolationTests(gateways)
{
    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task ALoopsSignalHandler_IsIgnored_AndItsAppIsTold(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import asyncio, signal

            async def watch():
                loop = asyncio.get_running_loop()
                for number in (signal.SIGINT, signal.SIGTERM):
                    loop.add_signal_handler(number, print, "called")
                return loop.remove_signal_handler(signal.SIGTERM), loop.remove_signal_handler(signal.SIGTERM)

            def answer(path):
                try:
                    asyncio.get_running_loop()
                except RuntimeError:
                    return asyncio.run(watch())
                try:
                    watch().send(None)
                except StopIteration as end:
                    return end.value
            """);

        await pair.EachAnswersAsync("/", _ => "(True, False)");
        await pair.EachAnswersAsync("/", _ => "(True, False)");

        await pair.Gateway.Process.Output.WaitForLineAsync("snakehost: loop.add_signal_handler(...) is ignored: the process's signals belong to the gateway");
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task APolicy_MakesTheLoopsOfItsApp_AndNobodyElses_UntilItIsTakenOutOfTheFile(string python, string kind)
    {
        const string App =
            """
            import asyncio, threading, warnings
            from identity import NAME
            warnings.simplefilter("ignore", DeprecationWarning)

            class Loop(asyncio.SelectorEventLoop):
                owner = NAME

            class Policy(asyncio.DefaultEventLoopPolicy):
                def new_event_loop(self):
                    return Loop()

            async def owner():
                return getattr(asyncio.get_running_loop(), "owner", None)

            def answer(path):
                seen = []
                thread = threading.Thread(target=lambda: seen.append(asyncio.run(owner())))
                thread.start()
                thread.join()
                try:
                    seen.append(getattr(asyncio.get_running_loop(), "owner", None))
                except RuntimeError:
                    seen.append(asyncio.run(owner()) if path == "/here" else None)
                return seen
            """;
        const string Sets = App + "\nasyncio.set_event_loop_policy(Policy())\n";
        var pair = await PairAsync(python, kind, App);
        pair.Red.Write("main.py", PythonApps.Answering(Sets, kind));

        await pair.EachAnswersAsync("/", name => name == "red" ? "['red', None]" : "[None, None]");
        if (kind == "wsgi")
            await pair.EachAnswersAsync("/here", name => name == "red" ? "['red', 'red']" : "[None, None]");

        pair.Blue.Write("main.py", PythonApps.Answering(Sets, kind));
        await pair.EachAnswersAsync("/", name => $"['{name}', None]");

        pair.Red.Write("main.py", PythonApps.Answering(App, kind));
        await pair.EachAnswersAsync("/", name => name == "red" ? "[None, None]" : "['blue', None]");
    }
}
