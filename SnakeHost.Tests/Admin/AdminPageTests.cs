using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SnakeHost.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace SnakeHost.Tests.Admin;

/// <summary>What somebody sees and does on the gateway's own page.</summary>
public sealed partial class AdminPageTests : IClassFixture<AdminPageTests.Fixture>, IAsyncLifetime
{
    private const string Waits =
        """
        import os, time

        def deep_in_the_app():
            while not os.path.exists("go"):
                time.sleep(0.01)
            return "gone on"

        def burns_all_of_it():
            end = time.monotonic() + 20
            while time.monotonic() < end and not os.path.exists("go"):
                sum(range(1000))

        def answer(path):
            print("asked for", path, flush=True)
            if path == "/burn":
                burns_all_of_it()
            return deep_in_the_app() if path == "/slow" else "done"
        """;

    private readonly Fixture _fixture;
    private readonly ConcurrentQueue<string> _asked = [];
    private IPage? _page;

    public AdminPageTests(Fixture fixture)
    {
        Assert.SkipWhen(Chromium.Missing is not null, Chromium.Missing ?? "");
        _fixture = fixture;
    }

    private IPage Page => _page!;

    public async ValueTask InitializeAsync()
    {
        _page = await _fixture.Browser.NewPageAsync();
        _page.SetDefaultTimeout(Chromium.Patience);
        SetDefaultExpectTimeout(Chromium.Patience);
        _page.Request += (_, request) => _asked.Enqueue(request.Url);
    }

    public async ValueTask DisposeAsync()
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
            TestContext.Current.AddAttachment("page.png", await Page.ScreenshotAsync(), "image/png");
        await Page.CloseAsync();
    }

    [Fact]
    public async Task ATenant_IsReloadedAndEvicted_WithTheKeyboardAlone()
    {
        var tenant = Add("shop", PythonApps.Answering("def answer(path): return 'one'"));
        await GoAsync();
        await Expect(Row(tenant)).ToContainTextAsync("ready");

        var reload = Row(tenant).GetByRole(AriaRole.Button, new() { Name = $"Reload {tenant.Name}" });
        await reload.FocusAsync();
        await Page.Keyboard.PressAsync("Enter");
        await Expect(Page.Locator("#message")).ToHaveTextAsync(ReadyAgain());
        await Expect(Row(tenant).Locator("td").Nth(2)).ToHaveTextAsync("2");
        await Expect(reload).ToBeFocusedAsync();

        // The order of the page: what follows is one key away, however often the list has been drawn meanwhile.
        await Page.Keyboard.PressAsync("Tab");
        await Page.Keyboard.PressAsync("Enter");
        await Expect(Row(tenant)).ToHaveCountAsync(0);
        await Expect(Page.Locator("#message")).ToHaveTextAsync($"{tenant.Name} is evicted; the next request loads it again.");
        Assert.All(_asked, url => Assert.Equal(_fixture.Address.Authority, new Uri(url).Authority));
    }

    [Fact]
    public async Task PackagesThatAreMissing_AreInstalledByAButton_WhichIsOnlyThereThen()
    {
        Assert.SkipUnless(WheelIndex.IsUsable, WheelIndex.WhyNot);
        var wheels = Path.Join(_fixture.Tenants.Root, ".wheels");
        await new WheelIndex(wheels).AddAsync("kit", "1.0", ("kit.py", "VALUE = 'from a wheel'"));
        var tenant = _fixture.Tenants.AddUnique("lacking", ("main.py", PythonApps.Answering("import kit\ndef answer(path): return kit.VALUE")), ("requirements.txt", $"--no-index\n--find-links {wheels}\nkit\n"));
        using (var missing = await _fixture.Process.Client.GetAsync(tenant.Url("/"), TestContext.Current.CancellationToken))
            await missing.TextAsync(System.Net.HttpStatusCode.InternalServerError);
        await GoAsync();
        await Expect(Row(tenant)).ToContainTextAsync("No module named 'kit'");
        var install = Row(tenant).GetByRole(AriaRole.Button, new() { Name = $"Install packages {tenant.Name}" });
        await install.ClickAsync();
        await Expect(Page.Locator("#message")).ToContainTextAsync($"{tenant.Name}: ready after");
        await Expect(Row(tenant)).ToContainTextAsync("ready");
        await Expect(install).ToBeHiddenAsync();
        Assert.Equal("from a wheel", await _fixture.Process.Client.TextAsync(tenant.Url("/")));
    }

    [Fact]
    public async Task ARequestUnderWay_IsShownWithItsStack_UntilItIsAnswered()
    {
        var tenant = Add("slow", PythonApps.Answering(Waits));
        var answer = _fixture.Process.Client.TextAsync(tenant.Url("/slow"));
        await GoAsync();
        await Open(tenant).ClickAsync();

        await Expect(Row(tenant).Locator("td").Nth(6)).ToHaveTextAsync("1");
        var request = Page.Locator("#requests details");
        await Expect(request.Locator("summary")).ToContainTextAsync("GET /slow: running for");
        await request.Locator("summary").ClickAsync();
        await Expect(request.Locator("pre")).ToContainTextAsync("in deep_in_the_app");
        await Expect(Page.Locator("#facts")).ToContainTextAsync("main:app (wsgi)");

        tenant.Write("go", "");
        Assert.Equal("gone on", await answer);
        await Expect(request).ToHaveCountAsync(0);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Close" }).ClickAsync();
        await Expect(Page.Locator("#tenant")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task ABrokenFile_IsShownWithItsTraceback_AndItsRepairToo()
    {
        var tenant = Add("broken", PythonApps.Answering("def answer(path): return 'one'"));
        await GoAsync("#" + tenant.Name);
        await Expect(Page.Locator("#name")).ToHaveTextAsync(tenant.Name);

        tenant.Write("main.py", "def answer(path):\n    return ''\n\nraise LookupError('nothing of that name' + 3000 * 'x')\n");
        await Expect(Row(tenant)).ToContainTextAsync("failed");
        await Expect(Row(tenant)).ToContainTextAsync("LookupError: nothing of that name");
        await Expect(Page.Locator("#error")).ToContainTextAsync("line 4, in <module>");
        await Expect(Row(tenant).GetByRole(AriaRole.Button, new() { Name = $"Reload {tenant.Name}" })).ToBeInViewportAsync(); // however long the message is

        tenant.Write("main.py", PythonApps.Answering("def answer(path): return 'two'"));
        await Expect(Row(tenant)).ToContainTextAsync("ready");
        await Expect(Page.Locator("#error")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task TheLog_IsThatOfAllApps_OrOfTheChosenOne()
    {
        var (one, another) = (Add("talks", PythonApps.Answering(Waits)), Add("says", PythonApps.Answering(Waits)));
        await GoAsync();
        await _fixture.Process.Client.TextAsync(one.Url("/first"));
        await _fixture.Process.Client.TextAsync(another.Url("/second"));
        await Expect(Page.Locator("#log")).ToContainTextAsync($"{one.Name}: asked for /first");
        await Expect(Page.Locator("#log")).ToContainTextAsync($"{another.Name}: asked for /second");

        await Open(another).ClickAsync();
        await Expect(Page.Locator("#whose")).ToHaveTextAsync("of " + another.Name);
        await Expect(Page.Locator("#log")).ToContainTextAsync("asked for /second");
        await Expect(Page.Locator("#log")).Not.ToContainTextAsync("/first");
    }

    [Fact]
    public async Task TheLogGoesOn_WhenTheGatewayIsStartedAnew_WhichNumbersItsLinesFromOne()
    {
        var answers = new Queue<string>([Line("a-500", 500, "of the first"), Line("b-1", 1, "of the second")]);
        await Page.RouteAsync(new Regex("/api/log$"), route => answers.TryDequeue(out var lines)
            ? route.FulfillAsync(new() { ContentType = "text/event-stream", Body = lines })
            : Task.CompletedTask); // no answer any more
        await GoAsync();
        await Expect(Page.Locator("#log")).ToContainTextAsync("of the second");
        await Expect(Page.Locator("#log")).ToContainTextAsync("of the first");

        static string Line(string id, int number, string text) =>
            $"retry: 10\nid: {id}\nevent: line\ndata: {{\"number\":{number},\"tenant\":\"shop\",\"stream\":\"stdout\",\"text\":\"{text}\",\"time\":\"2026-01-01T00:00:00Z\"}}\n\n";
    }

    [Fact]
    public async Task AnAppThatPrintsVeryMuch_LeavesThePageUsable()
    {
        var tenant = Add("loud", PythonApps.Answering("def answer(path):\n    if path == '/much':\n        for i in range(20000): print('line', i, 80 * 'x')\n    return 'one'"));
        await GoAsync("#" + tenant.Name);
        await Expect(Page.Locator("#whose")).ToHaveTextAsync("of " + tenant.Name);
        await _fixture.Process.Client.TextAsync(tenant.Url("/much"));
        await Expect(Page.Locator("#log")).ToContainTextAsync("line 19999 ");
        await Expect(Page.Locator("#log span")).ToHaveCountAsync(2000);
    }

    [Fact]
    public async Task AProfile_OpensAsAFlameGraph()
    {
        var tenant = Add("burns", PythonApps.Answering(Waits));
        var answer = _fixture.Process.Client.TextAsync(tenant.Url("/burn"));
        await GoAsync("#" + tenant.Name);

        await Page.GetByLabel("Seconds").FillAsync("0.5");
        await Page.GetByLabel("of").SelectOptionAsync("cpu");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Profile", Exact = true }).ClickAsync();
        await Expect(Page.Locator("#message")).ToHaveTextAsync($"The profile of {tenant.Name} is ready.");
        var graph = await Page.RunAndWaitForPopupAsync(() => Page.GetByRole(AriaRole.Link, new() { Name = "Flame graph" }).ClickAsync());
        await Expect(graph.Locator("body")).ToContainTextAsync("burns_all_of_it");
        var imports = await Page.RunAndWaitForPopupAsync(() => Page.GetByRole(AriaRole.Link, new() { Name = "Imports of the last load" }).ClickAsync());
        await Expect(imports.Locator("body")).ToContainTextAsync("main");
        await graph.CloseAsync();
        await imports.CloseAsync();

        tenant.Write("go", "");
        await answer;
    }

    [Fact]
    public async Task WhileOneTenantIsProfiled_AnotherCanBe_AndEachHasItsProfile()
    {
        var (one, another) = (Add("first", PythonApps.Answering(Waits)), Add("second", PythonApps.Answering(Waits)));
        var goesOn = new TaskCompletionSource();
        await Page.RouteAsync(new Regex($"/{one.Name}/profile"), async route =>
        {
            await goesOn.Task;
            await route.ContinueAsync();
        });
        await GoAsync("#" + one.Name);
        var profile = Page.GetByRole(AriaRole.Button, new() { Name = "Profile", Exact = true });
        await Page.GetByLabel("Seconds").FillAsync("0.1");
        await profile.ClickAsync();
        await Expect(profile).ToBeDisabledAsync();

        await Open(another).ClickAsync();
        await profile.ClickAsync();
        await Expect(Page.Locator("#message")).ToHaveTextAsync($"The profile of {another.Name} is ready.");
        goesOn.SetResult();
        await Expect(Page.Locator("#message")).ToHaveTextAsync($"The profile of {one.Name} is ready.");
        var link = Page.GetByRole(AriaRole.Link, new() { Name = "Flame graph" });
        var ofAnother = await link.GetAttributeAsync("href");
        await Open(one).ClickAsync();
        await Expect(profile).ToBeEnabledAsync();
        await Expect(link).Not.ToHaveAttributeAsync("href", ofAnother!);
        await Expect(link).ToBeVisibleAsync();
    }

    [Fact]
    public async Task ATenantThatIsOpened_IsSeenBelowALongList_AndIsMarkedAgain_WhenItWasAway()
    {
        var tenant = Add("away", PythonApps.Answering("def answer(path): return 'one'"));
        await Page.SetViewportSizeAsync(1280, 200);
        await GoAsync();
        await Open(tenant).ClickAsync();
        await Expect(Page.Locator("#name")).ToBeInViewportAsync();
        await Expect(Page.Locator("#facts")).ToContainTextAsync("main:app (wsgi)");
        await Expect(Row(tenant)).ToHaveAttributeAsync("aria-current", "true");

        // Who has gone elsewhere while a command ran stays there.
        var goesOn = new TaskCompletionSource();
        await Page.RouteAsync(new Regex($"/{tenant.Name}/evict$"), async route =>
        {
            await goesOn.Task;
            await route.ContinueAsync();
        });
        await Row(tenant).GetByRole(AriaRole.Button, new() { Name = $"Evict {tenant.Name}" }).ClickAsync();
        await Page.GetByLabel("Seconds").FocusAsync();
        goesOn.SetResult();
        await Expect(Page.Locator("#message")).ToHaveTextAsync($"{tenant.Name} is evicted; the next request loads it again.");
        await Expect(Page.Locator("#message")).ToBeInViewportAsync();
        await Expect(Page.GetByLabel("Seconds")).ToBeFocusedAsync();
        await Expect(Page.Locator("#facts")).ToHaveTextAsync("Statenot loaded");

        Assert.Equal("one", await _fixture.Process.Client.TextAsync(tenant.Url("/")));
        await Expect(Row(tenant)).ToHaveAttributeAsync("aria-current", "true");
        await Expect(Page.Locator("#facts")).ToContainTextAsync("main:app (wsgi)");
    }

    [Fact]
    public async Task Memory_IsToldWithTheClassesThatHaveMost_AndWithEachLoad()
    {
        var tenant = Add("orders", PythonApps.Answering("class Order: pass\norders = [Order() for _ in range(321)]\ndef answer(path): return 'one'"));
        var other = Add("other", PythonApps.Answering("def answer(path): return 'one'"));
        var goesOn = new TaskCompletionSource();
        await Page.RouteAsync(new Regex($"/{other.Name}/memory$"), async route =>
        {
            await goesOn.Task;
            await route.ContinueAsync();
        });
        await GoAsync("#" + other.Name);
        await Expect(Page.Locator("#facts")).ToContainTextAsync("main:app (wsgi)");
        await Open(tenant).ClickAsync(); // while the other is still measured
        goesOn.SetResult();

        await Expect(Page.Locator("#memory")).ToContainTextAsync(" objects hang on its modules. Loading generation 1 added ");
        await Page.GetByText("Objects of its own classes").ClickAsync();
        await Expect(Page.Locator("#types")).ToContainTextAsync("main.Order321");
        await Row(tenant).GetByRole(AriaRole.Button, new() { Name = $"Reload {tenant.Name}" }).ClickAsync();
        await Page.GetByText("Loads", new() { Exact = true }).ClickAsync();
        await Expect(Page.Locator("#loads tbody tr")).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task TheSparkline_SaysHowManyRequestsASecondThereAre()
    {
        var tenant = Add("counted", PythonApps.Answering("def answer(path): return 'one'"));
        await GoAsync();
        using var ended = new CancellationTokenSource();
        var load = Task.Run(
            async () =>
            {
                while (!ended.IsCancellationRequested)
                {
                    await _fixture.Process.Client.GetStringAsync(tenant.Url("/"), CancellationToken.None);
                    await Task.Delay(50, CancellationToken.None);
                }
            },
            TestContext.Current.CancellationToken);
        try
        {
            await Expect(Row(tenant).GetByRole(AriaRole.Img, new() { NameRegex = SomeRate() })).ToBeVisibleAsync();
        }
        finally
        {
            await ended.CancelAsync();
            await load;
        }
    }

    private Task<IResponse?> GoAsync(string fragment = "") => Page.GotoAsync(new Uri(_fixture.Address, "/" + fragment).AbsoluteUri);

    private ILocator Row(Tenant tenant) => Page.Locator("#tenants tbody tr").Filter(new() { Has = Page.GetByRole(AriaRole.Button, new() { Name = tenant.Name, Exact = true }) });

    private ILocator Open(Tenant tenant) => Row(tenant).GetByRole(AriaRole.Button, new() { Name = tenant.Name, Exact = true });

    private Tenant Add(string name, string code)
    {
        var tenant = _fixture.Tenants.AddUnique(name, ("main.py", code));
        Assert.True(_fixture.Process.Client.GetAsync(tenant.Url("/")).GetAwaiter().GetResult().IsSuccessStatusCode);
        return tenant;
    }

    [GeneratedRegex(@"generation 2 is ready after \d+ ms\.")]
    private static partial Regex ReadyAgain();

    [GeneratedRegex(@"^[1-9][\d.]* requests a second, [1-9]")]
    private static partial Regex SomeRate();

    /// <summary>A gateway that watches its apps, and a browser.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        private Chromium? _chromium;

        internal TenantFolder Tenants { get; } = new();

        internal GatewayProcess Process { get; private set; } = null!;

        internal IBrowser Browser => _chromium!.Browser;

        internal Uri Address => new($"http://{Process.Admin!.Address}/");

        public async ValueTask InitializeAsync()
        {
            if (Chromium.Missing is not null)
                return;
            Process = await GatewayProcess.StartAsync(new() { Root = Tenants.Root });
            _chromium = await Chromium.StartAsync();
        }

        public async ValueTask DisposeAsync()
        {
            if (_chromium is not null)
                await _chromium.DisposeAsync();
            if (Process is not null)
            {
                await Process.StopAsync();
                await Process.DisposeAsync();
            }

            Tenants.Dispose();
        }
    }
}
