using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.AppHost;

/// <summary>Tenants whose environments are made before they are loaded, by the real tools, under the orchestrator; the packages are wheels of the test's.</summary>
[Collection(nameof(OrchestratorTests))]
public sealed class InstallerTests : IAsyncDisposable
{
    private static readonly string s_app = PythonApps.Answering("import sys\ntry: from kit import VALUE\nexcept ImportError: VALUE = 'no kit'\ndef answer(path): return VALUE + ' ' + sys.prefix");

    private readonly TemporaryFolder _folder = new();
    private readonly CancellationTokenSource _deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private IDistributedApplicationTestingBuilder? _builder;
    private DistributedApplication? _application;

    private DistributedApplication Application => _application!;

    public async ValueTask DisposeAsync()
    {
        if (_application is not null)
            await _application.DisposeAsync();
        if (_builder is not null)
            await _builder.DisposeAsync();
        _folder.Dispose();
        _deadline.Dispose();
    }

    [Fact]
    public async Task ATenant_WaitsForItsPackages_AndSaysWhyItHasNone()
    {
        Assert.SkipUnless(WheelIndex.IsUsable, WheelIndex.WhyNot);
        // Of the others, both tools make the environments from nothing.
        foreach (var name in (string[])["bare", "lost"])
            await VirtualEnvironment.MakeWithPipAsync(InstalledPythons.Default, Path.Join(_folder.Folder(name), ".venv"));
        await StartAsync(gateway =>
        {
            gateway.AddTenant("packed", Tenant("packed", ("requirements.txt", "kit==1.0"))).WithPip();
            gateway.AddTenant("made", Tenant("made")).WithVirtualEnvironment("env", create: true);
            gateway.AddTenant("bare", Tenant("bare", ("requirements.txt", $"--no-index\n--find-links {_folder.Path}/wheels\nkit==1.0\n")));
            gateway.AddTenant("lost", Tenant("lost", ("requirements.txt", "nowhere-to-be-found"))).WithPip();
        });

        Assert.Equal($"from a wheel {Path.Join(_folder.Path, "packed", ".venv")}", await AnswerAsync("packed"));
        await LineAsync("packed-pip", "Successfully installed kit-1.0");
        var installer = await SnapshotAsync("packed-pip", static snapshot => snapshot.ExitCode is not null);
        Assert.Equal(0, installer.ExitCode);
        Assert.Contains(installer.Relationships, static relation => relation is { ResourceName: "packed", Type: "Parent" });
        Assert.Equal($"no kit {Path.Join(_folder.Path, "made", "env")}", await AnswerAsync("made"));

        await SnapshotAsync("lost", static snapshot => snapshot.State?.Text == KnownResourceStates.FailedToStart);
        await LineAsync("lost-pip", "No matching distribution found for nowhere-to-be-found");
        await LineAsync("lost-pip", "lost: pip cannot install what requirements.txt says: the index has no nowhere-to-be-found for Python 3.");
        await LineAsync("lost", "lost-pip", "exit code");
        Assert.DoesNotContain(await Application.LinesAsync("lost-pip", _deadline.Token), static line => line.Contains("Traceback", StringComparison.Ordinal));

        // Who has no installer has a command.
        Assert.StartsWith("no kit ", await AnswerAsync("bare"), StringComparison.Ordinal);
        var installed = await Application.ResourceCommands.ExecuteCommandAsync("bare", "install-packages", _deadline.Token);
        Assert.True(installed.Success, installed.Message);
        using (var client = Application.CreateHttpClient("bare"))
            Assert.Equal($"from a wheel {Path.Join(_folder.Path, "bare", ".venv")}", await client.GetStringAsync(new Uri("/", UriKind.Relative), _deadline.Token));
        await LineAsync("bare", "Successfully installed kit-1.0");
        // And who has one has that run again, which finds nothing to do.
        installed = await Application.ResourceCommands.ExecuteCommandAsync("packed", "install-packages", _deadline.Token);
        Assert.True(installed.Success, installed.Message);
        await LineAsync("packed-pip", "packed: nothing to do");

        // What was wrong is mended, and the installer started again.
        _folder.File("lost/requirements.txt", "kit");
        var again = await Application.ResourceCommands.ExecuteCommandAsync("lost-pip", KnownResourceCommands.StartCommand, _deadline.Token);
        Assert.True(again.Success, again.Message);
        Assert.Equal($"from a wheel {Path.Join(_folder.Path, "lost", ".venv")}", await AnswerAsync("lost"));
        await Application.StopAsync(_deadline.Token);
    }

    [Fact]
    public async Task Uv_InstallsWhatAProjectDeclares()
    {
        Assert.SkipUnless(PythonProcess.IsInstalled("uv"), "uv is not installed.");
        await StartAsync(gateway => gateway.AddTenant(
            "project", Tenant("project", ("pyproject.toml", "[project]\nname = 'project'\nversion = '1'\ndependencies = ['kit']\n[tool.uv]\npackage = false\n"))).WithUv());

        Assert.Equal($"from a wheel {Path.Join(_folder.Path, "project", ".venv")}", await AnswerAsync("project"));
        await Application.StopAsync(_deadline.Token);
    }

    private string Tenant(string name, params (string Name, string Text)[] files)
    {
        foreach (var (file, text) in files.Append(("main.py", s_app)))
            _folder.File(Path.Join(name, file), text);
        return Path.Join(_folder.Path, name);
    }

    private async Task StartAsync(Action<IResourceBuilder<SnakeGatewayResource>> configure)
    {
        _deadline.CancelAfter(TimeSpan.FromMinutes(5));
        var wheels = new WheelIndex(_folder.Folder("wheels"));
        await wheels.AddAsync("kit", "1.0", ("kit.py", "VALUE = 'from a wheel'"));
        var builder = _builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.SnakeHost_AppHost>(_deadline.Token);
        configure(builder.CreateResourceBuilder(builder.Resources.OfType<SnakeGatewayResource>().Single()));
        foreach (var installer in builder.Resources.OfType<PythonInstallerResource>().ToList())
        {
            foreach (var (name, value) in wheels.Environment)
                builder.CreateResourceBuilder(installer).WithEnvironment(name, value);
        }

        _application = await builder.BuildAsync(_deadline.Token);
        await Application.StartAsync(_deadline.Token);
    }

    /// <summary>Not before its packages are there: till then it has none of its variables, and answers that it is not ready.</summary>
    private async Task<string> AnswerAsync(string tenant)
    {
        await SnapshotAsync(tenant, static snapshot => snapshot.State?.Text == KnownResourceStates.NotStarted);
        using var client = Application.CreateHttpClient(tenant);
        return await client.GetStringAsync(new Uri("/", UriKind.Relative), _deadline.Token);
    }

    private Task<CustomResourceSnapshot> SnapshotAsync(string resource, Func<CustomResourceSnapshot, bool> condition) => Application.SnapshotAsync(resource, condition, _deadline.Token);

    private Task LineAsync(string resource, params string[] parts) => Application.LineAsync(resource, _deadline.Token, parts);
}
