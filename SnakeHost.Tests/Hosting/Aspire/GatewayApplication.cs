extern alias Hosting;

using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Hosting::SnakeHost.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace SnakeHost.Tests.Hosting.Aspire;

/// <summary>An application with a gateway and folders of apps, built but not run: no orchestrator is needed.</summary>
internal sealed class GatewayApplication : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private DistributedApplication? _application;

    public GatewayApplication(params string[] arguments)
    {
        Builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = arguments, DisableDashboard = true });
        // Asked for before the start, though nothing starts it.
        Builder.Configuration["DcpPublisher:CliPath"] = "no-orchestrator";
        Builder.Configuration["DcpPublisher:DashboardPath"] = "no-dashboard";
        Gateway = Builder.AddSnakeGateway<Projects.SnakeHost_Gateway>("gateway");
    }

    public IDistributedApplicationBuilder Builder { get; }

    public IResourceBuilder<SnakeGatewayResource> Gateway { get; }

    public string Apps => Path.Join(_folder.Path, "apps");

    public DistributedApplication Application => _application ??= Builder.Build();

    public ResourceNotificationService Notifications => Application.Services.GetRequiredService<ResourceNotificationService>();

    /// <summary>What tells the dashboard of the tenants.</summary>
    public TenantResources Resources => field ??= new TenantResources(
        Gateway.Resource,
        Application.Services.GetRequiredService<DistributedApplicationModel>(),
        Notifications,
        Application.Services.GetRequiredService<ResourceLoggerService>(),
        Application.Services.GetRequiredService<IDistributedApplicationEventing>(),
        Application.Services,
        TimeProvider.System);

    /// <summary>A folder below the temporary one, with a main.py.</summary>
    public string Folder(string path, string main = "")
    {
        _folder.File(Path.Join(path, "main.py"), main);
        return Path.Join(_folder.Path, path);
    }

    /// <summary>A file below the temporary folder.</summary>
    public string File(string path) => _folder.File(path);

    public PythonTenantResource Tenant(string name) => Builder.Resources.OfType<PythonTenantResource>().Single(tenant => tenant.Name == name);

    /// <summary>Says where the gateway listens, as an orchestrator would.</summary>
    public void Allocate(int http, int admin)
    {
        foreach (var (name, port) in new[] { ("http", http), ("admin", admin) })
        {
            var endpoint = Gateway.Resource.Annotations.OfType<EndpointAnnotation>().Single(endpoint => endpoint.Name == name);
            endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, "localhost", port, targetPortExpression: $"{port}");
        }
    }

    /// <summary>The environment that the gateway's process gets, in clear.</summary>
    public async Task<IReadOnlyDictionary<string, string?>> EnvironmentAsync()
    {
        var context = new EnvironmentCallbackContext(Builder.ExecutionContext, Gateway.Resource);
        foreach (var annotation in Gateway.Resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToList())
            await annotation.Callback(context);
        var values = new Dictionary<string, string?>();
        foreach (var (name, value) in context.EnvironmentVariables)
            values[name] = value is IValueProvider provider ? await provider.GetValueAsync(TestContext.Current.CancellationToken) : value.ToString();
        return values;
    }

    /// <summary>Tells whoever listens that the application is about to start.</summary>
    public Task PublishBeforeStartAsync() =>
        Builder.Eventing.PublishAsync(new BeforeStartEvent(Application.Services, new DistributedApplicationModel(Builder.Resources)), TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_application is not null)
            await _application.DisposeAsync();
        _folder.Dispose();
    }
}
