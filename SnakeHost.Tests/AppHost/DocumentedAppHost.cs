using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace SnakeHost.Tests.AppHost;

/// <summary>The AppHost of docs/aspire.md, as it stands there: it is compiled, and its application is built.</summary>
public sealed class DocumentedAppHost : IDisposable
{
    private const string Begin = "        // docs/aspire.md\n", End = "        // end\n";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task TheSampleOfThePage_IsThisCode_AndMakesAnApplication()
    {
        foreach (var file in new[] { "apps/hello/main.py", "billing/main.py", "billing/requirements.txt", "shop/main.py" })
            _folder.File(file);
        var args = new DistributedApplicationOptions { DisableDashboard = true, ProjectDirectory = _folder.Folder("AppHost") };

        await using var application = Create(args);

        Assert.Equal(["billing", "hello", "shop"], _tenants.Select(static tenant => tenant.Name).Order());
        var source = await File.ReadAllTextAsync(Path.Join(RepositoryFolder.Path, "SnakeHost.Tests", "AppHost", "DocumentedAppHost.cs"), TestContext.Current.CancellationToken);
        var code = source[(source.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length)..source.IndexOf(End, StringComparison.Ordinal)];
        var page = await File.ReadAllTextAsync(Path.Join(RepositoryFolder.Path, "docs", "aspire.md"), TestContext.Current.CancellationToken);
        Assert.Contains("```csharp\n" + string.Join('\n', code.Split('\n').Select(static line => line.Length > 8 ? line[8..] : "")).TrimEnd() + "\n\nbuilder.Build().Run();\n```", page, StringComparison.Ordinal);
    }

    private IReadOnlyCollection<PythonTenantResource> _tenants = [];

    private DistributedApplication Create(DistributedApplicationOptions args)
    {
        // docs/aspire.md
        var builder = DistributedApplication.CreateBuilder(args);
        var db = builder.AddConnectionString("ledger");                   // or builder.AddPostgres("pg").AddDatabase("ledger")
        var key = builder.AddParameter("api-key", secret: true);

        var gateway = builder.AddSnakeGateway<Projects.SnakeHost_Gateway>("gateway")
            .WithTenants("../apps")                                       // every folder with a Python file
            .WithRoute(new SnakeRoute("*.shops.test", "{http.request.host.labels.2}") { App = "main:app" })
            .WithAutoreload(browser: true);

        var billing = gateway.AddTenant("billing", "../billing")          // one app, wherever it lies
            .WithApp("wsgi:app")
            .WithPip()
            .WithHttpHealthCheck("/healthz")
            .WithEnvironment("API_KEY", key)
            .WithReference(db);
        gateway.AddTenant("shop", "../shop").WithReference(billing);      // one tenant that calls another

        builder.AddProject<Projects.SnakeHost_Gateway>("frontend")        // in place of a project of yours that calls it
            .WithReference(billing)
            .WaitFor(billing);
        // end
        _tenants = gateway.Resource.Tenants;
        builder.Configuration["DcpPublisher:CliPath"] = "no-orchestrator";
        builder.Configuration["DcpPublisher:DashboardPath"] = "no-dashboard";
        return builder.Build();
    }
}
