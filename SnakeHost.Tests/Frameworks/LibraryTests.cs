using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Libraries that register what apps declare: two apps declare the same, and one of them is saved.</summary>
public sealed class LibraryTests(SharedGateways gateways)
{
    private const string SqlModel = """
        from typing import Optional
        import fastapi
        from sqlmodel import Field, SQLModel
        from identity import NAME

        class User(SQLModel, table=True):
            id: Optional[int] = Field(default=None, primary_key=True)
            if NAME == "red":
                of_red: str
            else:
                of_blue: str

        app = fastapi.FastAPI()

        @app.get("/")
        def columns():
            return " ".join(SQLModel.metadata.tables["user"].columns.keys())
        """;

    private const string Metrics = """
        from identity import NAME
        import prometheus_client

        asked = prometheus_client.Counter("asked", "How often", ["app"])
        asked.labels(NAME).inc()

        def answer(path):
            return " ".join(line for line in prometheus_client.generate_latest().decode().splitlines() if line.startswith("asked_total"))
        """;

    private const string Refusing = """
        names = set()

        def register(name):
            if name in names:
                raise ValueError(f"{name} is already registered")
            names.add(name)
        """;

    [Theory, MemberData(nameof(InstalledPythons.WithModule), "fastapi, sqlmodel", MemberType = typeof(InstalledPythons))]
    [Framework("SQLModel", "sqlmodel")]
    public async Task TablesOfOneName_AreEachAppsOwn_AfterASaveToo(string python)
    {
        await SavedAsync(python, SqlModel, name => $"\"id of_{name}\"");
    }

    [Theory, MemberData(nameof(InstalledPythons.WithModule), "prometheus_client", MemberType = typeof(InstalledPythons))]
    [Framework("prometheus_client", "prometheus-client")]
    public async Task MetricsOfOneName_AreEachAppsOwn_AfterASaveToo(string python)
    {
        await SavedAsync(python, PythonApps.Answering(Metrics), name => $"asked_total{{app=\"{name}\"}} 1.0");
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task AnUnknownRegistryThatRefuses_IsNamedWithTheRemedy(string python)
    {
        var gateway = await gateways.ForAsync(python);
        var version = InstalledPythons.VersionOf(python);
        var app = gateway.NewTenant(
            "registry",
            (".venv/pyvenv.cfg", $"version = {version}\n"),
            ($".venv/lib/python{version.ToString(2)}/site-packages/refusing.py", Refusing),
            ($".venv/lib/python{version.ToString(2)}/site-packages/__pycache__/README.txt", ""),
            ("main.py", PythonApps.Answering("import refusing\nrefusing.register('thing')\ndef answer(path): return 1")));
        using (var first = await gateway.SharedAsync(app))
            Assert.Equal("1", await first.TextAsync(HttpStatusCode.OK));

        app.Write("main.py", PythonApps.Answering("import refusing\nrefusing.register('thing')\ndef answer(path): return 2"));

        using var response = await gateway.SharedAsync(app);
        Assert.Contains("Name refusing in PrivatePackages of the route", await response.TextAsync(HttpStatusCode.InternalServerError), StringComparison.Ordinal);
    }

    private async Task SavedAsync(string python, string main, Func<string, string> expected)
    {
        var pair = (await gateways.ForAsync(python)).Pair(("main.py", main));
        await pair.EachAnswersAsync("/", expected);
        foreach (var saved in new[] { pair.Red, pair.Blue, pair.Red })
        {
            saved.Write("main.py", $"{main}\n# saved: {saved.Name}\n");
            await pair.EachAnswersAsync("/", expected);
            main += "\n";
        }
    }
}
