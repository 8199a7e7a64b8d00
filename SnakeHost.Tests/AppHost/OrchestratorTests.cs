using System.Diagnostics;
using System.Net;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.AppHost;

/// <summary>The AppHost of this repository as <c>dotnet run</c> starts it, by Aspire's orchestrator, without the dashboard; and what a developer may add to it.</summary>
/// <remarks>
/// What starts an orchestrator does so one after the other, since each is a load of its own, and AppHosts of this repository share its samples. And all in one application, as each start of one takes long.
/// </remarks>
[CollectionDefinition(nameof(OrchestratorTests)), Collection(nameof(OrchestratorTests))]
public sealed class OrchestratorTests : IDisposable
{
    private const string Frontend = "import os, urllib.request; print(urllib.request.urlopen(os.environ['services__hello__http__0'] + '/').read().decode())";

    private readonly TemporaryFolder _folder = new();
    private readonly RecordingLoggerProvider _log = new();
    private readonly CancellationTokenSource _deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private DistributedApplication? _application;

    private DistributedApplication Application => _application!;

    public void Dispose()
    {
        _folder.Dispose();
        _deadline.Dispose();
    }

    [Fact]
    public async Task TheSamples_AreResources_ThatOthersReferToAndWaitFor_AndThatARestartOfTheGatewayBringsBack()
    {
        _deadline.CancelAfter(TimeSpan.FromMinutes(3));
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.SnakeHost_AppHost>(_deadline.Token);
        builder.Services.AddLogging(logging => logging.ClearProviders().AddProvider(_log));
        Configure(builder);
        await using var application = _application = await builder.BuildAsync(_deadline.Token);
        await application.StartAsync(_deadline.Token);

        // Before anybody has asked: who waits for hello has it loaded.
        var frontend = await SnapshotAsync("frontend", snapshot => KnownResourceStates.TerminalStates.Contains(snapshot.State?.Text));
        Assert.Equal(0, frontend.ExitCode);
        await LineAsync("frontend", "Hello, world");
        await StateAsync("late", KnownResourceStates.FailedToStart);
        await StateAsync("broken", KnownResourceStates.FailedToStart);
        await StateAsync("api", KnownResourceStates.NotStarted);
        await ShowsWhereItIsAsync();

        await AskAsync();
        await ShowsWhatItIsAsync();
        await AGatewayThatCannotStart_SaysWhyAsync();
        await WhoWaits_HoldsUpNobodyElseAsync();

        await SucceedsAsync("gateway", KnownResourceCommands.RestartCommand);
        // The states on the way are no reason to give up. What somebody waits for is loaded again, though nobody has asked.
        await application.ResourceNotifications.WaitForResourceHealthyAsync("gateway", WaitBehavior.WaitOnResourceUnavailable, _deadline.Token);
        await StateAsync("hello", KnownResourceStates.Running);
        await AskAsync();
        await SucceedsAsync("hello", "reload");
        await SucceedsAsync("api", KnownResourceCommands.StartCommand);
        await StateAsync("api", KnownResourceStates.Running);
        await SucceedsAsync("api", "evict");
        await StateAsync("api", KnownResourceStates.Exited);

        await SucceedsAsync("gateway", KnownResourceCommands.StopCommand);
        var ended = await StateAsync("hello", (await StateAsync("gateway", KnownResourceStates.Finished, KnownResourceStates.Exited)).State!.Text);
        Assert.NotNull(ended.StopTimeStamp);
        Assert.All(ended.Urls, static url => Assert.True(url.IsInactive));
        await application.StopAsync(_deadline.Token);
    }

    private void Configure(IDistributedApplicationBuilder builder)
    {
        var gateway = builder.CreateResourceBuilder(builder.Resources.OfType<SnakeGatewayResource>().Single());
        var hello = gateway.GetTenant("hello").WithHttpHealthCheck("/well").WithHttpHealthCheck("/ill", 503).WithUrlForEndpoint("http", static url => url.DisplayText = "Hello");
        _folder.File("broken/main.py", "raise LookupError('gone')");
        var broken = gateway.AddTenant("broken", Path.Join(_folder.Path, "broken")).WithReference(hello);
        builder.AddExecutable("frontend", "python3", _folder.Path, "-c", Frontend).WithReference(hello).WaitForStart(hello);
        builder.AddExecutable("late", "python3", _folder.Path, "-c", "pass").WaitFor(broken);
        _folder.File("held/main.py", PythonApps.Answering("import os\ndef answer(path): return os.environ['KEY']"));
        var gate = builder.AddExecutable("gate", "python3", _folder.Path, "-c", "import time; time.sleep(1000)").WithExplicitStart();
        gateway.AddTenant("held", Path.Join(_folder.Path, "held")).WithEnvironment("KEY", "opened").WaitForStart(gate);
        gateway.GetTenant("notes").WithEnvironment("SECRET", builder.AddParameter("unset", secret: true));
        builder.AddSnakeGateway<Projects.SnakeHost_Gateway>("second").WithPython("python9.9").WithTenant("dead", Path.Join(_folder.Path, "broken"));
    }

    /// <summary>For a browser, for a test's client, and for other services.</summary>
    private async Task ShowsWhereItIsAsync()
    {
        var hello = await SnapshotAsync("hello", static snapshot => snapshot.Urls is [{ IsInactive: false }, ..]);
        var port = Application.GetEndpoint("gateway", "http").Port;
        Assert.Equal(
            [("http", $"http://hello.dev.localhost:{port}/", false, "Hello"), ("http", $"http://localhost:{port}/hello/", true, "")],
            hello.Urls.Select(static url => (url.Name, url.Url, url.IsInternal, url.DisplayProperties.DisplayName)));
        using var client = Application.CreateHttpClient("hello");
        Assert.StartsWith("Hello, world", await client.GetStringAsync(new Uri("/", UriKind.Relative), _deadline.Token), StringComparison.Ordinal);
        var broken = await SnapshotAsync("broken", static snapshot => !snapshot.EnvironmentVariables.IsEmpty);
        Assert.Equal(
            [("HELLO_HTTP", $"http://localhost:{port}/hello"), ("services__hello__http__0", $"http://localhost:{port}/hello")],
            broken.EnvironmentVariables.Select(static variable => (variable.Name, variable.Value)));
        await Eventually.Async(() =>
        {
            Assert.Contains(_log.Messages, message => message.StartsWith($"The apps of gateway answer at http://NAME.dev.localhost:{port}/", StringComparison.Ordinal));
            return Task.CompletedTask;
        });
    }

    private async Task ShowsWhatItIsAsync()
    {
        var hello = await SnapshotAsync("hello", static snapshot => snapshot.State?.Text == KnownResourceStates.Running && snapshot.HealthReports.All(static report => report.Status is not null));
        Assert.Equal(Path.Join(RepositoryFolder.Path, "apps", "hello"), hello.Properties.Single(static property => property.Name == "Directory").Value);
        Assert.Equal(
            [("gateway_admin", HealthStatus.Healthy), ("gateway_hello_/ill_503_check", HealthStatus.Unhealthy), ("gateway_hello_/well_200_check", HealthStatus.Healthy)],
            hello.HealthReports.Select(static report => (report.Name, report.Status!.Value)).Order());
    }

    private async Task AGatewayThatCannotStart_SaysWhyAsync()
    {
        var second = await SnapshotAsync("second", static snapshot => KnownResourceStates.TerminalStates.Contains(snapshot.State?.Text));
        await StateAsync("dead", second.State!.Text);
        await Eventually.Async(() =>
        {
            var message = Assert.Single(_log.Messages, static message => message.StartsWith("second has ended", StringComparison.Ordinal));
            Assert.Contains("python9.9", message, StringComparison.Ordinal);
            return Task.CompletedTask;
        });
        Assert.DoesNotContain(_log.Messages, static message => message.StartsWith("The apps of second answer", StringComparison.Ordinal));
    }

    private async Task WhoWaits_HoldsUpNobodyElseAsync()
    {
        // Without a dashboard nobody can be asked.
        await StateAsync("notes", KnownResourceStates.FailedToStart);
        await LineAsync("notes", "It is not given its variables", "unset");
        var waiting = await StateAsync("held", KnownResourceStates.Waiting);
        Assert.StartsWith("gate", Assert.Single((IEnumerable<string>)waiting.Properties.Single(static property => property.Name == "resource.waitingFor").Value!), StringComparison.Ordinal);
        await SucceedsAsync("gate", KnownResourceCommands.StartCommand);
        await StateAsync("held", KnownResourceStates.NotStarted);
        using var client = Application.CreateHttpClient("held");
        Assert.Equal("opened", await client.GetStringAsync(new Uri("/", UriKind.Relative), _deadline.Token));
    }

    private async Task SucceedsAsync(string resource, string command)
    {
        var result = await Application.ResourceCommands.ExecuteCommandAsync(resource, command, _deadline.Token);
        Assert.True(result.Success, result.Message);
    }

    private Task<CustomResourceSnapshot> StateAsync(string resource, params string[] states) => SnapshotAsync(resource, snapshot => states.Contains(snapshot.State?.Text));

    private Task<CustomResourceSnapshot> SnapshotAsync(string resource, Func<CustomResourceSnapshot, bool> condition) => Application.SnapshotAsync(resource, condition, _deadline.Token);

    private Task LineAsync(string resource, params string[] parts) => Application.LineAsync(resource, _deadline.Token, parts);

    private async Task AskAsync()
    {
        var endpoint = Application.GetEndpoint("gateway", "http");
        using var client = Loopback.ClientFor(new IPEndPoint(IPAddress.Loopback, endpoint.Port), () => "");
        Assert.StartsWith("Hello, world", await client.TextAsync(new UriBuilder(endpoint) { Host = "hello.dev.localhost" }.Uri), StringComparison.Ordinal);
    }
}
