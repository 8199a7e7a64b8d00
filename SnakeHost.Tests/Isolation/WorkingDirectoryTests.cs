using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Isolation;

/// <summary><c>os.chdir</c>, which in a process of its own reaches all threads of the app.</summary>
public sealed class WorkingDirectoryTests(SharedGateways gateways) : IsolationTests(gateways)
{
    private const string ChangesAtImport =
        """
        import os, threading
        os.chdir("data")
        together = threading.Barrier(4)

        def answer(path):
            together.wait(60)
            with open("name.txt") as file:
                return file.read()
        """;

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task WhereTheImportChangesTo_IsWhereEveryThreadOfTheAppWorks_AlsoAfterASave(string python)
    {
        var pair = await PairAsync(python, "wsgi", ChangesAtImport, ("name.txt", "outside"));
        pair.Red.Write("data/name.txt", "red");
        pair.Blue.Write("data/name.txt", "blue");

        await FourAtOnceAsync();
        foreach (var tenant in new[] { pair.Red, pair.Blue })
            tenant.Write("main.py", PythonApps.Answering(ChangesAtImport + "\n# saved", "wsgi"));
        await FourAtOnceAsync();

        // The barrier answers nobody before four threads of the app are in it.
        async Task FourAtOnceAsync()
        {
            foreach (var (tenant, name) in new[] { (pair.Red, "red"), (pair.Blue, "blue") })
                Assert.Equal([name, name, name, name], await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => pair.TextAsync(tenant))));
        }
    }
}
