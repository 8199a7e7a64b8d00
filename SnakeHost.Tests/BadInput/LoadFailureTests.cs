using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.BadInput;

/// <summary>Apps that cannot be loaded: 500 with the reason, for that tenant alone.</summary>
public sealed class LoadFailureTests(SharedGateways gateways) : BadAppTests(gateways)
{
    /// <summary>What stands in <c>main.py</c>, and what the answer has to say.</summary>
    private static readonly (string Main, string[] Says)[] s_apps =
    [
        ("def app(environ, start_response:\n    pass\n", ["SyntaxError", "main.py", "line 1"]),
        ("import nowhere_to_be_found\n", ["ModuleNotFoundError", "nowhere_to_be_found"]),
        ("def helper():\n    return 1 / 0\n\nhelper()\n", ["ZeroDivisionError", "division by zero", "line 2", "return 1 / 0"]),
        ("raise ValueError('<b>bold</b> & co')\n", ["ValueError", "bold"]),
        ("other = 1\n", ["app", "application", "create_app"]),
        ("app = 7\n", ["app", "callable"]),
        ("import sys\nsys.exit(3)\n", ["SystemExit", "3"]),
        ("raise KeyboardInterrupt\n", ["KeyboardInterrupt"]),
        ("class Odd(BaseException): pass\nraise Odd('very')\n", ["Odd", "very"]),
        ("def deeper(n): return deeper(n + 1) + 1\ndeeper(0)\n", ["RecursionError"]),
        ("def create_app():\n    raise RuntimeError('no database')\n", ["RuntimeError", "no database"]),
        ("def create_app():\n    return None\n", ["create_app"]),
        ("app = b'\\xff\\x00\n", ["SyntaxError"]),
        ("raise ValueError('\\ud800 lone')\n", ["ValueError", "lone"]),
        ("class Rude(Exception):\n    def __str__(self): raise TypeError('no words')\nraise Rude\n", ["Rude"]),
    ];

    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (var python in InstalledPythons.All)
            {
                for (var index = 0; index < s_apps.Length; index++)
                    cases.Add(python.Data, index);
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task WhenTheImportFails_TheReasonIsShownAndNobodyElseNotices(string python, int index)
    {
        var (main, says) = s_apps[index];
        var app = await ServeAsync(python, main);

        var text = await AnswerAsync(app, HttpStatusCode.InternalServerError);

        Assert.All(says, word => Assert.Contains(word, text, StringComparison.Ordinal));
        await AssertOthersAreUndisturbedAsync(app);
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task AnEmptyFolder_IsAFailureThatSaysWhatWasLookedFor(string python)
    {
        var app = await ServeAsync(python, "");
        File.Delete(Path.Combine(app.Tenant.Directory, "main.py"));

        var text = await AnswerAsync(app, HttpStatusCode.InternalServerError);

        Assert.All(["main", "app", "asgi", "wsgi"], word => Assert.Contains(word, text, StringComparison.Ordinal));
        await AssertOthersAreUndisturbedAsync(app);
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task AMissingModuleOrAttributeOfTheRoute_IsNamed(string python)
    {
        using var tenants = new TenantFolder();
        tenants.Add("one", ("main.py", "app = None\n"));
        await using var gateway = await GatewayProcess.StartAsync(new()
        {
            Python = python,
            Root = tenants.Root,
            Arguments =
            [
                .. SharedGateway.Route(0, ("Host", "module.test"), ("App", "absent:app"), ("WorkingDirectory", "one")),
                .. SharedGateway.Route(1, ("Host", "attribute.test"), ("App", "main:absent"), ("WorkingDirectory", "one")),
            ],
        });

        foreach (var host in new[] { "module.test", "attribute.test" })
        {
            using var response = await gateway.Client.SendAsync(HttpMethod.Get, new($"http://{host}/"), null, ("Accept", "text/plain"));
            Assert.Contains("absent", await response.TextAsync(HttpStatusCode.InternalServerError), StringComparison.Ordinal);
        }

        await gateway.StopAsync();
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task AnImportThatHangs_Is504AfterTheLoadTimeout_AndTheGatewayStillStops(string python)
    {
        using var tenants = new TenantFolder();
        tenants.Add("hangs", ("main.py", "import threading\nthreading.Event().wait()\n"));
        tenants.Add("spins", ("main.py", "while True: pass\n"));
        tenants.Add("good", ("main.py", PythonApps.Answering("def answer(path): return 'undisturbed'")));
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Arguments = ["--SnakeHost:Tenants:LoadTimeout=00:00:02"] });

        var hanging = new[] { "hangs", "spins" }.Select(name => gateway.Client.GetAsync(new Uri($"http://{name}.localhost/"))).ToArray();
        Assert.Equal("undisturbed", await gateway.Client.TextAsync(new("http://good.localhost/")));
        foreach (var response in await Task.WhenAll(hanging))
        {
            await response.TextAsync(HttpStatusCode.GatewayTimeout);
            response.Dispose();
        }

        Assert.Equal("undisturbed", await gateway.Client.TextAsync(new("http://good.localhost/")));
        await gateway.StopAsync();
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task OnceTheFileIsMended_TheTenantAnswers(string python)
    {
        var app = await ServeAsync(python, "import nowhere_to_be_found\n");
        await AnswerAsync(app, HttpStatusCode.InternalServerError);

        app.Tenant.Write("main.py", PythonApps.Answering("def answer(path): return 'mended'"));

        // The failure is remembered for five seconds unless the change is noticed before.
        await Eventually.Async(async () => Assert.Equal("mended", await app.TextAsync()));
    }
}
