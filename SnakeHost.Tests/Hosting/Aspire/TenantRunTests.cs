using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Hosting.Aspire;

/// <summary>What the dashboard is told, and what its buttons do: the resources with a real gateway, which the test starts in the orchestrator's place.</summary>
public sealed class TenantRunTests : IAsyncLifetime
{
    private static readonly string s_app = PythonApps.Answering("print('imported')\ndef answer(path): return 'here'");

    private readonly GatewayApplication _application = new();
    private readonly RecordingLoggerProvider _log = new();
    private GatewayProcess? _gateway;

    private GatewayProcess Gateway => _gateway!;

    private static readonly string? s_debuggable = InstalledPythons.Builds.FirstOrDefault(python => InstalledPythons.CanImport(python, "debugpy"));

    public async ValueTask InitializeAsync()
    {
        _application.Folder("apps/shop", s_app);
        _application.Gateway.WithTenants(_application.Apps);
        _application.Builder.Services.AddSingleton<ILoggerProvider>(_log);
        var token = await _application.Gateway.Resource.AdminToken.GetValueAsync(TestContext.Current.CancellationToken);
        // Only the commands reload: a file that is written would, too, and how often is not for the test to say.
        _gateway = await GatewayProcess.StartAsync(new() { Root = _application.Apps, Python = s_debuggable, Arguments = [$"--SnakeHost:Admin:Token={token}", "--autoreload=false"] });
        _application.Allocate(Gateway.Address.Port, Gateway.Admin!.Address.Port);
        // The gateway is there, with the name that an orchestrator gave its process.
        await _application.Notifications.PublishUpdateAsync(_application.Gateway.Resource, "gateway-x1", state => state with { State = KnownResourceStates.Running });
        await _application.Builder.Eventing.PublishAsync(
            new ResourceEndpointsAllocatedEvent(_application.Gateway.Resource, _application.Application.Services), TestContext.Current.CancellationToken);
        await WaitAsync("shop", snapshot => snapshot.State?.Text == KnownResourceStates.NotStarted);
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        await Gateway.DisposeAsync();
    }

    [Fact]
    public async Task ATenant_HasTheGatewaysState_UntilThatAnswers_AndWhenItHasEnded()
    {
        await Eventually.Async(() =>
        {
            Assert.Contains($"The apps of gateway answer at http://NAME.dev.localhost:{Gateway.Address.Port}/, with one of these for NAME: shop", _log.Messages);
            return Task.CompletedTask;
        });
        await AskAsync("shop");
        await WaitAsync("shop", snapshot => snapshot.State?.Text == KnownResourceStates.Running);

        await Gateway.StopAsync();
        await WaitAsync("shop", snapshot => snapshot.State?.Text == KnownResourceStates.Starting && snapshot.StopTimeStamp is not null);
        foreach (var state in new[] { KnownResourceStates.Finished, KnownResourceStates.Waiting, KnownResourceStates.FailedToStart })
        {
            await PublishAsync(state);
            await WaitAsync("shop", snapshot => snapshot.State?.Text == state);
        }

        await Eventually.Async(() =>
        {
            Assert.Equal(["gateway has ended (FailedToStart) before its apps could answer. Its last words:"], _log.Messages.Where(message => message.StartsWith("gateway has ended", StringComparison.Ordinal)));
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Start_LoadsATenantThatNobodyHasAskedFor_AndTriesAgain()
    {
        await WaitAsync("shop", snapshot => snapshot.State?.Text == KnownResourceStates.NotStarted && snapshot.Commands.Single(command => command.Name == "start").State == ResourceCommandState.Enabled);
        _application.Folder("apps/shop", "raise LookupError('gone')");

        var failed = await ExecuteAsync("start");
        Assert.Equal((false, "LookupError: gone"), (failed.Success, failed.Message));
        await WaitAsync("shop", snapshot => snapshot.State?.Text == KnownResourceStates.FailedToStart);
        _application.Folder("apps/shop", s_app);
        var started = await ExecuteAsync("start");

        Assert.True(started.Success, started.Message);
        using var result = JsonDocument.Parse(started.Data!.Value);
        Assert.Equal(("shop", "loaded", 2), (result.RootElement.GetProperty("tenant").GetString(), result.RootElement.GetProperty("outcome").GetString(), result.RootElement.GetProperty("generation").GetInt32()));
        var running = await WaitAsync("shop", snapshot => snapshot.State?.Text == KnownResourceStates.Running);
        Assert.Equal(ResourceCommandState.Disabled, running.Commands.Single(command => command.Name == "start").State);
    }

    [Fact]
    public async Task ATenantThatSomebodyWaitsFor_IsLoaded()
    {
        var late = _application.Builder.AddContainer("late", "image").WaitFor(_application.Builder.CreateResourceBuilder(_application.Tenant("shop")));

        await _application.Builder.Eventing.PublishAsync(new BeforeResourceStartedEvent(late.Resource, _application.Application.Services), TestContext.Current.CancellationToken);

        await WaitAsync("shop", snapshot => snapshot.State?.Text == KnownResourceStates.Running);
    }

    [Fact]
    public async Task ATenant_RunsOnceAskedFor_AndSaysWhatItIs()
    {
        await AskAsync("shop");

        var running = await WaitAsync("shop", snapshot => snapshot.State?.Text == KnownResourceStates.Running && Property(snapshot, "Interface") == "wsgi");

        Assert.Equal(("main:app", "1"), (Property(running, "Module"), Property(running, "Generation")));
        Assert.True(running.Properties.Single(property => property.Name == "Module").IsHighlighted);
        Assert.Equal(Path.Join(_application.Apps, "shop"), Property(running, "resource.source"));
        Assert.NotNull(running.StartTimeStamp);
        Assert.Equal(ResourceCommandState.Enabled, running.Commands.Single(command => command.Name == "reload").State);
    }

    [Fact]
    public async Task Debug_TellsWhereAnEditorAttaches()
    {
        Assert.SkipWhen(s_debuggable is null, "No installed Python can import debugpy.");
        await AskAsync("shop");
        await WaitAsync("shop", snapshot => snapshot.State?.Text == KnownResourceStates.Running);

        var debug = await ExecuteAsync("debug");
        Assert.True(debug.Success, debug.Message);
        using var launch = JsonDocument.Parse(debug.Data!.Value);
        var port = launch.RootElement.GetProperty("connect").GetProperty("port").GetInt32();
        Assert.StartsWith($"Attach an editor to 127.0.0.1:{port}: ", debug.Message, StringComparison.Ordinal);
        await using (await DebugAdapterClient.AttachAsync(port, Path.Join(_application.Apps, "shop", "main.py"), 1))
            Assert.True((await ExecuteAsync("stop-debug")).Success);

        Assert.Equal((false, "'shop' is not debugged."), (await ExecuteAsync("stop-debug")) is var stopped ? (stopped.Success, stopped.Message) : default);
    }

    [Fact]
    public async Task Reload_AndEvict_AreCommands()
    {
        await AskAsync("shop");
        await WaitAsync("shop", snapshot => snapshot.State?.Text == KnownResourceStates.Running);
        var commands = _application.Application.Services.GetRequiredService<ResourceCommandService>();

        var reload = await commands.ExecuteCommandAsync("shop", "reload", TestContext.Current.CancellationToken);
        Assert.True(reload.Success, reload.Message);
        Assert.StartsWith("Generation 2 is ready", reload.Message, StringComparison.Ordinal);
        var reloaded = await WaitAsync("shop", snapshot => snapshot.State?.Text == KnownResourceStates.Running && Property(snapshot, "Generation") == "2");
        Assert.EndsWith("by hand", Property(reloaded, "Last reload"), StringComparison.Ordinal);

        var evict = await commands.ExecuteCommandAsync("shop", "evict", TestContext.Current.CancellationToken);
        Assert.True(evict.Success, evict.Message);
        using var result = JsonDocument.Parse(evict.Data!.Value);
        Assert.Equal(("shop", "evicted"), (result.RootElement.GetProperty("tenant").GetString(), result.RootElement.GetProperty("outcome").GetString()));
        var evicted = await WaitAsync("shop", snapshot => snapshot.State?.Text == KnownResourceStates.Exited);
        Assert.Equal(ResourceCommandState.Disabled, evicted.Commands.Single(command => command.Name == "evict").State);
        Assert.NotNull(evicted.StopTimeStamp);
    }

    [Fact]
    public async Task ACommand_IsGivenUp_WhenNobodyWaitsForIt_AndTheLoadGoesOn()
    {
        var go = _application.File("go");
        _application.Folder("apps/shop", $"import os, time\nwhile os.path.exists('{go}'): time.sleep(0.01)\n{s_app}");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var start = _application.Application.Services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync("shop", "start", patience.Token);
        await WaitAsync("shop", snapshot => snapshot.State?.Text == "Loading");

        await patience.CancelAsync();

        Assert.True((await start).Canceled);
        File.Delete(go);
        await WaitAsync("shop", snapshot => snapshot.State?.Text == KnownResourceStates.Running);
    }

    [Fact]
    public async Task Requests_AndProfile_AreCommands_WithWhatTheyHaveFound()
    {
        var directory = _application.Folder("apps/shop",
            """
            import os, time

            def burns():
                while not os.path.exists("go"):
                    for _ in range(100_000):
                        pass

            def app(environ, start_response):
                if environ["PATH_INFO"] == "/slow":
                    burns()
                start_response("200 OK", [])
                return [b"here"]
            """);
        var answer = Gateway.Client.TextAsync(new Uri("http://shop.localhost/slow"));
        await WaitAsync("shop", snapshot => snapshot.State?.Text == KnownResourceStates.Running);
        await Eventually.Async(async () =>
        {
            var requests = await ExecuteAsync("requests");
            Assert.True(requests.Success, requests.Message);
            Assert.Equal(("One request is under way.", CommandResultFormat.Markdown), (requests.Message, requests.Data!.Format));
            Assert.Contains("### `GET /slow`, ", requests.Data.Value, StringComparison.Ordinal);
            Assert.Contains("in burns", requests.Data.Value, StringComparison.Ordinal);
        });

        var profile = await ExecuteAsync("profile");
        Assert.True(profile.Success, profile.Message);
        // A browser has no token, and comes from the dashboard.
        var link = profile.Data!.Value[(profile.Data.Value.IndexOf('(', StringComparison.Ordinal) + 1)..profile.Data.Value.IndexOf(')', StringComparison.Ordinal)];
        using var browser = new HttpClient();
        browser.DefaultRequestHeaders.Add("Sec-Fetch-Site", "cross-site");
        Assert.Contains("burns", await browser.TextAsync(new Uri(link)), StringComparison.Ordinal);

        await File.WriteAllTextAsync(Path.Join(directory, "go"), "", TestContext.Current.CancellationToken);
        Assert.Equal("here", await answer);
        var nothing = await ExecuteAsync("requests");
        Assert.Equal("No request is under way.", nothing.Message);
        await ExecuteAsync("evict");
        Assert.Equal("There is no tenant 'shop'.", (await ExecuteAsync("profile")).Message);
    }

    [Fact]
    public async Task AFailingReload_IsAFailedCommand_AnErrorState_AndATracebackInTheConsole()
    {
        await AskAsync("shop");
        _application.Folder("apps/shop", "raise LookupError('gone')");

        var reload = await _application.Application.Services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync("shop", "reload", TestContext.Current.CancellationToken);

        Assert.Equal((false, "LookupError: gone"), (reload.Success, reload.Message));
        var failed = await WaitAsync("shop", snapshot => snapshot.State?.Text == KnownResourceStates.FailedToStart);
        Assert.Equal((KnownResourceStateStyles.Error, "LookupError: gone"), (failed.State!.Style, Property(failed, "Error")));
        await WaitForLogAsync(line => line.IsErrorMessage && line.Content.Contains("raise LookupError('gone')", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AFailure_StandsInTheConsoleOnce()
    {
        await AskAsync("shop");
        _application.Folder("apps/shop", "raise LookupError('first')");
        await ReloadAsync();
        await WaitForLogAsync(line => line.IsErrorMessage && line.Content.Contains("LookupError: first", StringComparison.Ordinal));
        _application.Folder("apps/shop", "raise LookupError('second')");
        await ReloadAsync();

        var told = await WaitForLogAsync(line => line.IsErrorMessage && line.Content.Contains("LookupError: second", StringComparison.Ordinal));

        // The orchestrator tells of commands there too.
        Assert.Single(told, line => line.IsErrorMessage && line.Content.Contains("LookupError: first", StringComparison.Ordinal));

        Task ReloadAsync() => _application.Application.Services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync("shop", "reload", TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task TheConsole_IsWhatTheTenantPrints()
    {
        await AskAsync("shop");
        await WaitForLogAsync(line => !line.IsErrorMessage && line.Content.EndsWith("imported", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ANewFolder_Appears_BelowTheGateway_WithItsCommands_AndGoesWithTheFolder()
    {
        var folder = _application.Folder("apps/late", s_app);

        var added = await WaitAsync("late", snapshot => snapshot.State?.Text == KnownResourceStates.NotStarted);
        Assert.Equal("gateway-x1", Property(added, "resource.parentName"));
        Assert.Equal([new RelationshipSnapshot("gateway", "Parent")], added.Relationships);
        var model = _application.Application.Services.GetRequiredService<DistributedApplicationModel>();
        Assert.Contains(model.Resources, resource => resource.Name == "late");
        await AskAsync("late");
        await WaitAsync("late", snapshot => snapshot.State?.Text == KnownResourceStates.Running);
        Assert.True((await _application.Application.Services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync("late", "reload", TestContext.Current.CancellationToken)).Success);

        Directory.Delete(folder, recursive: true);
        await WaitAsync("late", snapshot => snapshot.IsHidden);
        await Eventually.Async(() =>
        {
            Assert.DoesNotContain(model.Resources, resource => resource.Name == "late");
            return Task.CompletedTask;
        });
    }

    private Task<ExecuteCommandResult> ExecuteAsync(string command) =>
        _application.Application.Services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync("shop", command, TestContext.Current.CancellationToken);

    private Task PublishAsync(string state) => _application.Notifications.PublishUpdateAsync(_application.Gateway.Resource, "gateway-x1", last => last with { State = state });

    private static string? Property(CustomResourceSnapshot snapshot, string name) => snapshot.Properties.Single(property => property.Name == name).Value?.ToString();

    private async Task AskAsync(string tenant) => Assert.Equal("here", await Gateway.Client.TextAsync(new Uri($"http://{tenant}.localhost/")));

    private async Task<CustomResourceSnapshot> WaitAsync(string tenant, Func<CustomResourceSnapshot, bool> condition)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        return (await _application.Notifications.WaitForResourceAsync(tenant, found => condition(found.Snapshot), deadline.Token)).Snapshot;
    }

    /// <summary>All lines up to that one.</summary>
    private async Task<IReadOnlyList<LogLine>> WaitForLogAsync(Func<LogLine, bool> condition)
    {
        var told = new List<LogLine>();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        var loggers = _application.Application.Services.GetRequiredService<ResourceLoggerService>();
        await foreach (var lines in loggers.WatchAsync("shop").WithCancellation(deadline.Token))
        {
            told.AddRange(lines);
            if (lines.Any(condition))
                break;
        }

        return told;
    }
}
