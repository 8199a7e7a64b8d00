using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SnakeHost.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace SnakeHost.Tests.AppHost.Dashboard;

/// <summary>What somebody sees and does in Aspire's dashboard.</summary>
[Collection(nameof(OrchestratorTests))]
public sealed partial class DashboardTests : IClassFixture<DashboardFixture>, IAsyncLifetime
{
    private readonly DashboardFixture _dashboard;
    private IPage? _page;

    public DashboardTests(DashboardFixture dashboard)
    {
        Assert.SkipWhen(Chromium.Missing is not null, Chromium.Missing ?? "");
        _dashboard = dashboard;
    }

    private IPage Page => _page!;

    public async ValueTask InitializeAsync() => _page = await _dashboard.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        // The link to the dashboard stays in sight there, however many pages are opened.
        Assert.DoesNotContain(_dashboard.Terminal, static message => message.StartsWith("Request starting", StringComparison.Ordinal));
        Assert.DoesNotContain(_dashboard.Terminal, static message => message.StartsWith("Icon", StringComparison.Ordinal));
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
            TestContext.Current.AddAttachment("page.png", await Page.ScreenshotAsync(), "image/png");
        await Page.CloseAsync();
    }

    [Fact]
    public async Task ASample_StandsBelowItsGateway_AndIsStarted_Reloaded_AndEvicted_ByItsButtons()
    {
        await GoAsync("/");
        await StateAsync("gateway", "Running");
        await StateAsync("hello", "Not started");
        await Expect(Link("hello")).ToHaveTextAsync(HelloAddress());
        await Expect(Row("gateway").Locator("a")).ToHaveCountAsync(0);

        await Row("hello").GetByRole(AriaRole.Button, new() { Name = "Loads the app now" }).ClickAsync();
        await StateAsync("hello", "Running");
        await Row("hello").GetByRole(AriaRole.Button, new() { Name = "Loads the app anew" }).ClickAsync();
        await Expect(Page.GetByText("hello \"Reload\" succeeded")).ToBeVisibleAsync();
        await Page.Locator("#notifications-button, [aria-label*=otification]").First.ClickAsync();
        await Expect(Page.GetByText(GenerationTwo())).ToBeVisibleAsync();
        await GoAsync("/?resource=hello");
        await PropertyAsync("Generation", "2");
        await PropertyAsync("Module", "main:app");
        await PropertyAsync("Interface", "wsgi");
        await PropertyAsync("Health state", "Healthy");
        await GoAsync("/?resource=shop");
        await Expect(Property("CURRENCY")).ToBeVisibleAsync();

        await GoAsync("/");
        await ChooseAsync("hello", "Commands", "Evict");
        await Page.Locator("fluent-dialog").GetByText("Yes").ClickAsync();
        await StateAsync("hello", "Exited");
        await ConsoleAsync("hello", "Loaded as generation 1", "Reloaded as generation 2 (by hand)", "Evicted (manual)");
    }

    [Fact]
    public async Task ARequest_LeavesItsLines_ItsTrace_ItsLogs_AndItsMetrics_UnderTheApp()
    {
        // It is shown by a name that a host can have.
        _dashboard.Write("much_asked", "import logging\ndef answer(path):\n    print('printed for', path)\n    logging.warning('logged for %s', path)\n    if path == '/fail': raise LookupError('out of stock')\n    return 5");
        await GoAsync("/");
        await StateAsync("much-asked", "Not started");
        Assert.Equal("5", await _dashboard.Client.TextAsync(new Uri("much_asked/items", UriKind.Relative)));
        await StateAsync("much-asked", "Running");
        using (var failed = await _dashboard.Client.GetAsync(new Uri("much_asked/fail", UriKind.Relative), TestContext.Current.CancellationToken))
            Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);
        await ConsoleAsync("much-asked", "Loaded as generation 1", "printed for /items", "logged for /items", "LookupError: out of stock");

        await GoAsync("/structuredlogs/resource/much-asked");
        var record = Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "logged for /items" });
        await Expect(record).ToContainTextAsync("Warning");
        await record.GetByRole(AriaRole.Link).ClickAsync();
        // The trace of the request, with the import that it caused.
        await Expect(Page).ToHaveURLAsync(TracePage());
        await Expect(Page.GetByText("tenant.import").First).ToBeVisibleAsync();
        await GoAsync("/traces/resource/much-asked");
        await Expect(Page.GetByRole(AriaRole.Row).Filter(new() { HasTextRegex = RequestTrace() })).ToHaveCountAsync(2);

        await GoAsync("/");
        await ChooseAsync("much-asked", "Metrics");
        await Page.Locator("fluent-tree-item[title='snakehost.request.duration']").ClickAsync();
        await Expect(Page.GetByText("How long an app took for a request, its queue included.").First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task ASampleInABrowser_ReloadsItself_WhenItsCodeOrItsPageIsSaved()
    {
        _dashboard.Copy("notes", "diary");
        _dashboard.Copy("stream", "flow");
        await GoAsync("/");
        var diary = await Link("diary").GetAttributeAsync("href");
        var flow = await Link("flow").GetAttributeAsync("href");

        // Its own policy allows no script.
        await Page.GotoAsync(diary!);
        await Expect(Page.Locator("h1")).ToHaveTextAsync("Notes");
        _dashboard.Replace("diary", "views.py", "<h1>Notes</h1>", "<h1>Diary</h1>");
        await Expect(Page.Locator("h1")).ToHaveTextAsync("Diary");

        // The app reads it while it is imported.
        await Page.GotoAsync(flow!);
        _dashboard.Replace("flow", "page.html", "<title>", "<title>Changed: ");
        await Expect(Page).ToHaveTitleAsync(new Regex("^Changed: "));
    }

    [Fact]
    public async Task ABrokenFile_ShowsItsError_WithoutARequest_AndIsRepairedBySavingIt()
    {
        _dashboard.Write("fragile", "def answer(path): return 1");
        await GoAsync("/");
        await StateAsync("fragile", "Not started");
        await _dashboard.Client.TextAsync(new Uri("fragile/", UriKind.Relative));
        await StateAsync("fragile", "Running");

        _dashboard.Write("fragile", "raise LookupError('half a thought')");
        await StateAsync("fragile", "Failed to start");
        await GoAsync("/?resource=fragile");
        await PropertyAsync("Error", "LookupError: half a thought");
        await ConsoleAsync("fragile", "Traceback (most recent call last):", "LookupError: half a thought");

        await GoAsync("/");
        _dashboard.Write("fragile", "def answer(path): return 2");
        await StateAsync("fragile", "Running");
        await GoAsync("/?resource=fragile");
        await PropertyAsync("Error", "");
        await Expect(Property("Last reload")).ToContainTextAsync("main.py");
    }

    [Fact]
    public async Task ARequestUnderWay_ShowsItsStack_AndAProfile_ItsFlameGraph()
    {
        _dashboard.Write("busy", "import os\ndef burns():\n    while not os.path.exists('go'):\n        for _ in range(100_000): pass\ndef answer(path):\n    if path == '/slow': burns()\n    return 1");
        await GoAsync("/");
        await StateAsync("busy", "Not started");
        var answer = _dashboard.Client.TextAsync(new Uri("busy/slow", UriKind.Relative));
        await StateAsync("busy", "Running");
        await ChooseAsync("busy", "Commands", "Requests");
        await Expect(Page.Locator("fluent-dialog").GetByText("in burns").First).ToBeVisibleAsync();

        await GoAsync("/");
        await ChooseAsync("busy", "Commands", "Profile 10 s");
        var link = await Page.Locator("fluent-dialog").GetByRole(AriaRole.Link, new() { Name = "Flame graph of busy" }).GetAttributeAsync("href");
        await Page.GotoAsync(link!);
        await Expect(Page).ToHaveTitleAsync("busy: wall time");
        var burns = Page.GetByRole(AriaRole.Treeitem, new() { NameRegex = Burns() }).First;
        await Expect(burns).ToBeVisibleAsync();
        Assert.InRange(double.Parse(Share().Match((await burns.GetAttributeAsync("aria-label"))!).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), 80, 100);

        // By keyboard: down to it, as wide as the page, and back.
        var (focused, width) = (Page.Locator("#graph button:focus"), "");
        await Page.Locator("#graph button[tabindex='0']").FocusAsync();
        for (var i = 0; i < 10 && !Burns().IsMatch(await focused.GetAttributeAsync("aria-label") ?? ""); i++)
            await Page.Keyboard.PressAsync("ArrowDown");
        await Expect(focused).ToHaveAttributeAsync("aria-label", Burns());
        width = await focused.EvaluateAsync<string>("button => button.style.width");
        await Page.Keyboard.PressAsync("Enter");
        Assert.Contains("100%", await focused.EvaluateAsync<string>("button => button.style.width"), StringComparison.Ordinal);
        await Page.Keyboard.PressAsync("Escape");
        await Expect(focused).ToHaveAttributeAsync("aria-label", All());
        await Page.GetByLabel("Search").FillAsync("burns");
        await Expect(Page.Locator("#graph button.found")).ToHaveCountAsync(1);
        Assert.Equal(width, await Page.Locator("#graph button.found").EvaluateAsync<string>("button => button.style.width"));

        File.WriteAllText(Path.Join(_dashboard.Apps, "busy", "go"), "");
        Assert.Equal("1", await answer);
    }

    [Fact]
    public async Task AFolder_IsAResource_AsLongAsItIsThere()
    {
        // Where shop is listed, whatever other tests have done to it, all are.
        await GoAsync("/");
        await Expect(Row("shop")).ToHaveCountAsync(1);
        await Expect(Row("passing")).ToHaveCountAsync(0);
        _dashboard.Write("passing", "def answer(path): return 1");
        await StateAsync("passing", "Not started");
        await Row("passing").GetByRole(AriaRole.Button, new() { Name = "Loads the app now" }).ClickAsync();
        await StateAsync("passing", "Running");
        await GoAsync("/consolelogs/resource/passing");
        await Expect(Page.GetByText("Loaded as generation 1").First).ToBeVisibleAsync();

        Directory.Delete(Path.Join(_dashboard.Apps, "passing"), recursive: true);
        await GoAsync("/");
        await Expect(Row("shop")).ToHaveCountAsync(1);
        await Expect(Row("passing")).ToHaveCountAsync(0);
        await GoAsync("/consolelogs");
        await Page.GetByRole(AriaRole.Combobox).First.ClickAsync();
        await Expect(Page.Locator("fluent-option").Filter(new() { HasText = "shop" })).ToHaveCountAsync(1);
        await Expect(Page.Locator("fluent-option").Filter(new() { HasText = "passing" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task AParameterWithoutAValue_HoldsUpItsAppOnly_UntilSomebodyEntersIt()
    {
        await GoAsync("/");
        await StateAsync("vault", "Waiting");
        await StateAsync("shop", "Not started");
        Assert.Equal("1", await _dashboard.Client.TextAsync(new Uri("shop/", UriKind.Relative)));

        await Page.GetByText("Enter values").ClickAsync();
        await Page.Locator("fluent-dialog input").First.FillAsync("opened");
        await Page.Locator("fluent-dialog").GetByText("Save", new() { Exact = true }).ClickAsync();
        await StateAsync("vault", "Not started");
        Assert.Equal("opened", await _dashboard.Client.TextAsync(new Uri("vault/", UriKind.Relative)));
    }

    [Fact]
    public async Task AGateway_ThatIsKilled_TakesItsAppsWithIt_AndStartBringsThemBack()
    {
        _dashboard.Write("killed", "def answer(path): return 1");
        await GoAsync("/");
        await StateAsync("killed", "Not started");
        await _dashboard.Client.TextAsync(new Uri("killed/", UriKind.Relative));
        await StateAsync("killed", "Running");
        await Expect(Link("killed")).ToHaveCountAsync(1);

        _dashboard.Kill();
        await StateAsync("lab", "Finished");
        await StateAsync("killed", "Finished");
        await Expect(Link("killed")).ToHaveCountAsync(0);
        await Expect(Row("killed").GetByRole(AriaRole.Button, new() { Name = "Loads the app now" })).ToHaveAttributeAsync("disabled", "");

        await Row("lab").GetByRole(AriaRole.Button, new() { Name = "Start" }).ClickAsync();
        await StateAsync("killed", "Not started");
        await Expect(Link("killed")).ToHaveCountAsync(1);
        Assert.Equal("1", await _dashboard.Client.TextAsync(new Uri("killed/", UriKind.Relative)));
        await StateAsync("killed", "Running");
    }

    private async Task GoAsync(string path) => await Page.GotoAsync(new Uri(_dashboard.Address, path).AbsoluteUri);

    private ILocator Row(string resource) => Page.GetByRole(AriaRole.Row).Filter(new() { Has = Page.GetByText(resource, new() { Exact = true }) });

    private ILocator Link(string resource) => Row(resource).Locator("a");

    private Task StateAsync(string resource, string state) => Expect(Row(resource).Locator(".state-column-cell > span").First).ToHaveTextAsync(state);

    private async Task ChooseAsync(string resource, params string[] items)
    {
        await Row(resource).GetByRole(AriaRole.Button, new() { Name = "Actions" }).ClickAsync();
        foreach (var item in items)
            await Page.GetByRole(AriaRole.Menuitem, new() { Name = item, Exact = true }).ClickAsync();
    }

    /// <summary>Of the details of the resource that is chosen.</summary>
    private ILocator Property(string name) => Page.Locator(".details-container").GetByRole(AriaRole.Row).Filter(new() { Has = Page.GetByText(name, new() { Exact = true }) }).Locator("td").Nth(1);

    private Task PropertyAsync(string name, string value) => Expect(Property(name)).ToHaveTextAsync(value);

    private async Task ConsoleAsync(string resource, params string[] lines)
    {
        await GoAsync($"/consolelogs/resource/{resource}");
        foreach (var line in lines)
            await Expect(Page.GetByText(line).First).ToBeVisibleAsync();
    }

    [GeneratedRegex(@"^http://hello\.dev\.localhost:\d+/$")]
    private static partial Regex HelloAddress();

    [GeneratedRegex(@"Generation 2 is ready after \d+ ms\.")]
    private static partial Regex GenerationTwo();

    [GeneratedRegex(@"asked:\s+GET")]
    private static partial Regex RequestTrace();

    [GeneratedRegex("^burns ")]
    private static partial Regex Burns();

    [GeneratedRegex("^all ")]
    private static partial Regex All();

    [GeneratedRegex(@"\(([0-9.]+) %\)")]
    private static partial Regex Share();

    [GeneratedRegex("/traces/detail/")]
    private static partial Regex TracePage();
}
