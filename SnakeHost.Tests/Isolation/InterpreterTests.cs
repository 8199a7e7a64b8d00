using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Isolation;

/// <summary>Apps that use further interpreters (PEP 734) inside the gateway's process.</summary>
public sealed class InterpreterTests(SharedGateways gateways) : IsolationTests(gateways)
{
    public static TheoryData<string> WithInterpreters => InstalledPythons.WithModule("concurrent.interpreters");

    [Theory, MemberData(nameof(WithInterpreters))]
    public async Task APoolOfInterpreters_RunsTheFunctionsOfItsOwnTenant_AlsoAfterASave(string python)
    {
        const string Main =
            """
            from concurrent.futures import InterpreterPoolExecutor
            import work

            def answer(path):
                with InterpreterPoolExecutor(2) as pool:
                    return pool.submit(pow, 2, 3).result(), list(pool.map(work.who, "ab"))
            """;
        var pair = await PairAsync(python, "wsgi", Main, ("work.py", "def who(suffix):\n    from identity import NAME\n    return NAME + suffix\n"));

        await pair.EachAnswersAsync("/", name => $"(8, ['{name}a', '{name}b'])");
        pair.Red.Write("main.py", PythonApps.Answering(Main + "\n# saved"));
        await pair.EachAnswersAsync("/", name => $"(8, ['{name}a', '{name}b'])");
    }
}
