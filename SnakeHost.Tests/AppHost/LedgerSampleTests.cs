extern alias Ledger;

using System.Diagnostics;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.AppHost;

/// <summary>The AppHost of docs/aspire.md, which is that of samples/aspire: two tenants, one of which calls the other and a database, and a .NET project that calls both.</summary>
[Collection(nameof(OrchestratorTests))]
public sealed class LedgerSampleTests : IDisposable
{
    private static readonly string s_sample = Path.Join(RepositoryFolder.Path, "samples", "aspire");

    private readonly TemporaryFolder _folder = new();
    private readonly CancellationTokenSource _deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    public void Dispose()
    {
        _folder.Dispose();
        _deadline.Dispose();
    }

    [Fact]
    public async Task TheSampleOfThePage_IsThisProgram()
    {
        var program = await File.ReadAllTextAsync(Path.Join(s_sample, "Ledger.AppHost", "Program.cs"), TestContext.Current.CancellationToken);
        var page = await File.ReadAllTextAsync(Path.Join(RepositoryFolder.Path, "docs", "aspire.md"), TestContext.Current.CancellationToken);
        Assert.Contains($"```csharp\n{program}```\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ItRuns()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        var (driver, whyNot) = await FindDriverAsync();
        Assert.SkipWhen(driver is null, whyNot);
        Assert.SkipUnless(WheelIndex.IsUsable, WheelIndex.WhyNot);
        _deadline.CancelAfter(TimeSpan.FromMinutes(3));
        var wheels = new WheelIndex(_folder.Folder("wheels"));
        await wheels.AddInstalledAsync("psycopg2_binary", "2.9", driver!);
        await using var database = await PostgresServer.StartAsync();
        // A copy: an environment is made there.
        foreach (var folder in new[] { "apps", "billing", "shop" })
            await PythonProcess.ProgramAsync("cp", "-r", Path.Join(s_sample, folder), _folder.Path);
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Ledger::Projects.Ledger_Frontend>(
            [$"--ConnectionStrings:ledger={database.ConnectionString}", "--Parameters:api-key=live-1"],
            (options, _) => options.ProjectDirectory = _folder.Folder("AppHost"),
            _deadline.Token);
        var installer = builder.Resources.OfType<PythonInstallerResource>().Single();
        foreach (var (name, value) in wheels.Environment)
            builder.CreateResourceBuilder(installer).WithEnvironment(name, value);
        await using var application = await builder.BuildAsync(_deadline.Token);
        await application.StartAsync(_deadline.Token);

        await application.ResourceNotifications.WaitForResourceHealthyAsync("frontend", _deadline.Token);

        using var client = application.CreateHttpClient("frontend");
        var answer = await client.GetAsync(new Uri("/", UriKind.Relative), _deadline.Token);
        Assert.Equal(
            """
            billing: {"invoices": 2, "total": "42.50", "live": true}
            shop: 2 invoices, 42.50 in all
            """.ReplaceLineEndings("\n"),
            await answer.Content.ReadAsStringAsync(_deadline.Token));
        await application.StopAsync(_deadline.Token);
    }

    /// <summary>That of Debian, for the Python of the tests.</summary>
    private static async Task<(string? Folder, string WhyNot)> FindDriverAsync()
    {
        const string packages = "/usr/lib/python3/dist-packages";
        if (!Directory.Exists(Path.Join(packages, "psycopg2")))
            return (null, "psycopg2 is not installed (Debian's package python3-psycopg2).");
        using var process = ChildProcess.Start(new ProcessStartInfo("python3", ["-c", $"import sys; sys.path.append('{packages}'); import psycopg2"]) { RedirectStandardError = true });
        var errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode == 0 ? (Path.Join(packages, "psycopg2"), "") : (null, $"Debian's psycopg2 is not for this python3: {errors}");
    }
}
