using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using SnakeHost.Tests.Harness;
using SnakeHost.Tests.Hosting.Aspire;

namespace SnakeHost.Tests.AppHost.Dashboard;

/// <summary>
/// The AppHost of this repository with orchestrator and dashboard, and a browser that has logged in. Beside the samples there is a second gateway, <c>lab</c>, whose folder the tests write into,
/// and which they may kill.
/// </summary>
public sealed class DashboardFixture : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly RecordingLoggerProvider _log = new();
    private DistributedApplication? _application;
    private Chromium? _chromium;
    private IBrowserContext? _session;

    internal DistributedApplication Application => _application!;

    internal Uri Address { get; private set; } = new("about:blank");

    /// <summary>What the terminal shows.</summary>
    internal IReadOnlyCollection<string> Terminal => _log.Messages;

    /// <summary>The folder of lab's apps.</summary>
    internal string Apps => Path.Join(_folder.Path, "apps");

    /// <summary>A client of lab's, which has the app's path begin with its name.</summary>
    internal HttpClient Client { get; private set; } = new();

    public async ValueTask InitializeAsync()
    {
        if (Chromium.Missing is not null)
            return;
        Write("shop", "def answer(path): return 1");
        Write("vault", "import os\ndef answer(path): return os.environ['KEY']");
        var cancellationToken = TestContext.Current.CancellationToken;
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.SnakeHost_AppHost>([], static (options, _) => options.DisableDashboard = false, cancellationToken);
        builder.Services.AddLogging(logging => logging.ClearProviders().AddProvider(_log));
        var lab = builder.AddSnakeGateway<Projects.SnakeHost_Gateway>("lab").WithTenants(Apps).WithAutoreload(browser: true);
        lab.GetTenant("shop").WithEnvironment("CURRENCY", "guilder");
        lab.GetTenant("vault").WithEnvironment("KEY", builder.AddParameter("vault-key", secret: true));
        _application = await builder.BuildAsync(cancellationToken);
        await _application.StartAsync(cancellationToken);
        await _application.ResourceNotifications.WaitForResourceHealthyAsync("aspire-dashboard", cancellationToken);
        Address = _application.GetEndpoint("aspire-dashboard", "http");
        Client = _application.CreateHttpClient("lab", "http");

        _chromium = await Chromium.StartAsync();
        _session = await _chromium.Browser.NewContextAsync(new() { ViewportSize = new() { Width = 1600, Height = 1200 } });
        _session.SetDefaultTimeout(Chromium.Patience);
        Assertions.SetDefaultExpectTimeout(Chromium.Patience);
        var page = await _session.NewPageAsync();
        await page.GotoAsync(new Uri(Address, $"/login?t={builder.Configuration["AppHost:BrowserToken"]}").AbsoluteUri);
        await page.WaitForURLAsync(Address.AbsoluteUri);
        await page.CloseAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_chromium is not null)
            await _chromium.DisposeAsync();
        if (_application is not null)
            await _application.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>An app of lab's, which answers what its function <c>answer(path)</c> gives back.</summary>
    internal void Write(string app, string code) => _folder.File(Path.Join("apps", app, "main.py"), PythonApps.Answering(code));

    /// <summary>A sample as an app of lab's, with a name of its own.</summary>
    internal void Copy(string sample, string app)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Join(RepositoryFolder.Path, "apps", sample), "*.*").Where(static file => Path.GetExtension(file) is ".py" or ".html" or ".json"))
            _folder.File(Path.Join("apps", app, Path.GetFileName(file)), File.ReadAllText(file));
    }

    internal void Replace(string app, string file, string old, string by)
    {
        var path = Path.Join(Apps, app, file);
        var text = File.ReadAllText(path);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(old, by, StringComparison.Ordinal));
    }

    internal Task<IPage> OpenAsync() => _session!.NewPageAsync();

    /// <summary>Ends the process of lab, which the orchestrator starts by <c>dotnet run</c>.</summary>
    internal void Kill()
    {
        Assert.True(Application.ResourceNotifications.TryGetCurrentState("lab", out var current));
        var started = Convert.ToInt32(current.Snapshot.Properties.Single(static property => property.Name == "executable.pid").Value, CultureInfo.InvariantCulture);
        using var gateway = Process.GetProcessById(ProcFiles.Descendants(started)[0]);
        gateway.Kill();
    }
}
