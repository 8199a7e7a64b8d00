using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using SnakeHost.Hosting;

namespace Aspire.Hosting;

/// <summary>Adds a SnakeHost gateway and its tenants to an application.</summary>
public static class SnakeGatewayBuilderExtensions
{
    /// <summary>
    /// Adds the gateway that this package brings, which serves Python web apps. Its port is any free one, its admin listener has a token of its own in each run.
    /// <example><code>
    /// builder.AddSnakeGateway("gateway").WithTenants("../apps");
    /// </code></example>
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The gateway's name.</param>
    /// <exception cref="DistributedApplicationException">The AppHost does not know where the package's gateway is: it references no package.</exception>
    [AspireExport]
    public static IResourceBuilder<SnakeGatewayResource> AddSnakeGateway(this IDistributedApplicationBuilder builder, [ResourceName] string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var program = PackagedGateway.Find(builder);
        var gateway = builder.AddResource(new SnakeGatewayResource(name)).WithAnnotation(new PackagedGateway(program, builder.AppHostDirectory))
            // As a project has it.
            .WithOtlpExporter()
            .WithEnvironment("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY", "in_memory");
        if (builder.ExecutionContext.IsRunMode)
        {
            // The program is there already: no project is built.
            gateway.WithAnnotation(new ExecutableAnnotation { Command = "dotnet", WorkingDirectory = builder.AppHostDirectory })
                .WithArgs(program)
                .WithEnvironment("DOTNET_ENVIRONMENT", builder.Environment.EnvironmentName);
        }

        return Configure(gateway);
    }

    /// <summary>
    /// Adds a gateway, which serves Python web apps. Its port is any free one, its admin listener has a token of its own in each run.
    /// <example><code>
    /// builder.AddSnakeGateway&lt;Projects.SnakeHost_Gateway&gt;("gateway")
    ///        .WithTenants("../apps")
    ///        .WithTenant("billing", "../billing", billing => billing.WithApp("wsgi:app").WithReference(db));
    /// </code></example>
    /// </summary>
    /// <typeparam name="TProject">The gateway's project.</typeparam>
    /// <param name="builder">The application.</param>
    /// <param name="name">The gateway's name.</param>
    [AspireExportIgnore]
    public static IResourceBuilder<SnakeGatewayResource> AddSnakeGateway<TProject>(this IDistributedApplicationBuilder builder, [ResourceName] string name)
        where TProject : IProjectMetadata, new()
    {
        ArgumentNullException.ThrowIfNull(builder);
        Refusals.TellWithoutStack();
#pragma warning disable ASPIREPROJECTS001 // What AddProject does to a project; a project resource of another type has no other way to it.
        var gateway = builder.AddResource(new SnakeGatewayResource(name)).WithAnnotation(new TProject()).WithProjectDefaults(new ProjectResourceOptions());
#pragma warning restore ASPIREPROJECTS001
        // It takes its addresses from its own settings; ASPNETCORE_URLS would only be overruled, with a warning.
        gateway.WithEndpointsInEnvironment(static _ => false);
        return Configure(gateway);
    }

    private static IResourceBuilder<SnakeGatewayResource> Configure(IResourceBuilder<SnakeGatewayResource> gateway)
    {
        var builder = gateway.ApplicationBuilder;
        gateway.WithHttpEndpoint(name: SnakeGatewayResource.HttpEndpoint, targetPort: builder.ExecutionContext.IsPublishMode ? GatewayImage.Port : null)
            .WithExternalHttpEndpoints()
            .WithIconName("ServerMultiple")
            .WithEnvironment(GatewayEnvironment.WriteAsync)
            // By itself it leads to no app.
            .WithUrls(static urls => urls.Urls.ForEach(static url => url.DisplayLocation = UrlDisplayLocation.DetailsOnly));
        builder.Eventing.Subscribe<BeforeStartEvent>((_, _) =>
        {
            GatewayRules.Check(gateway.Resource, builder.ExecutionContext);
            return Task.CompletedTask;
        });
        if (builder.ExecutionContext.IsPublishMode)
        {
            PublishRules.Use(builder);
#pragma warning disable ASPIREPROBES001 // What a platform asks before it sends requests, and while it does.
            // Not by WithHttpProbe, which makes a health check too, and refuses a second one of the path.
            // An app's C code may keep Python for a while, which is no reason yet to end all apps: the liveness has a minute.
            foreach (var (type, period, failures) in new[] { (ProbeType.Readiness, 5, 2), (ProbeType.Liveness, 10, 6) })
            {
                gateway.WithAnnotation(new EndpointProbeAnnotation
                {
                    Type = type,
                    EndpointReference = gateway.GetEndpoint(SnakeGatewayResource.HttpEndpoint),
                    Path = SnakeGatewayResource.HealthPath,
                    PeriodSeconds = period,
                    TimeoutSeconds = 5,
                    FailureThreshold = failures,
                });
            }

            return gateway.PublishAsDockerFile(GatewayImage.Configure(gateway.Resource));
#pragma warning restore ASPIREPROBES001
        }

        gateway.WithHttpEndpoint(name: SnakeGatewayResource.AdminEndpoint)
            // Who refers to the gateway means its apps.
            .WithEndpoint(SnakeGatewayResource.AdminEndpoint, static endpoint => endpoint.ExcludeReferenceEndpoint = true, createIfNotExists: false);
        if (builder.Resources.OfType<SnakeGatewayResource>().Count() == 1)
        {
            SharedResources.Use(builder);
            LocalhostNames.Use(builder.Services);
        }

        GatewayFollower.Attach(gateway);
        return gateway;
    }

    /// <summary>
    /// Serves every folder of a folder that holds a Python file: <c>notes</c> at <c>notes.dev.localhost</c>, <c>my_app</c> at <c>my-app.dev.localhost</c>. Folders that come
    /// later are served too, and appear.
    /// </summary>
    /// <param name="builder">The gateway.</param>
    /// <param name="directory">The folder, relative to the AppHost's.</param>
    /// <exception cref="DistributedApplicationException">There is no such folder, or one in it has the name of a tenant elsewhere.</exception>
    [AspireExport]
    public static IResourceBuilder<SnakeGatewayResource> WithTenants(this IResourceBuilder<SnakeGatewayResource> builder, string directory)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        var gateway = builder.Resource;
        var path = builder.Absolute(directory);
        if (gateway.AppsDirectory is { } other)
            throw new DistributedApplicationException($"'{gateway.Name}' serves the folder {other} already: add the apps of {path} one by one, by WithTenant.");
        if (!Directory.Exists(path))
            throw new DistributedApplicationException($"The tenants of '{gateway.Name}' have no folder: {path} does not exist.");

        gateway.AppsDirectory = path;
        foreach (var name in AppFolders.List(path))
        {
            var folder = Path.Join(path, name);
            // One that was added by name is served as it was said there.
            if (gateway.Tenants.Any(tenant => TenantRules.IsSamePath(tenant.Directory, folder)))
                continue;
            if (TenantRules.Label(name) is { } label && gateway.Find(label) is not { IsDiscovered: true })
                builder.Add(new PythonTenantResource(label, gateway, folder) { IsDiscovered = true });
            else
                gateway.Unnamed.Add(name);
        }

        return builder;
    }

    /// <summary>Serves one app at <c>{name}.dev.localhost</c>. One of the folder that <see cref="WithTenants"/> names may be added as well, to configure it.</summary>
    /// <param name="builder">The gateway.</param>
    /// <param name="name">A DNS label that begins with a letter.</param>
    /// <param name="directory">The app's folder, relative to the AppHost's.</param>
    /// <param name="configure">What is to be said of it.</param>
    /// <exception cref="DistributedApplicationException">The name is taken or no DNS label, or there is no such folder.</exception>
    public static IResourceBuilder<SnakeGatewayResource> WithTenant(
        this IResourceBuilder<SnakeGatewayResource> builder, string name, string directory, Action<IResourceBuilder<PythonTenantResource>>? configure = null)
    {
        var tenant = builder.AddTenant(name, directory);
        configure?.Invoke(tenant);
        return builder;
    }

    /// <summary>As <see cref="WithTenant"/>, for who goes on with the tenant: <c>var shop = gateway.AddTenant("shop", "../shop")</c>, then <c>frontend.WithReference(shop)</c>.</summary>
    /// <param name="builder">The gateway.</param>
    /// <param name="name">A DNS label that begins with a letter.</param>
    /// <param name="directory">The app's folder, relative to the AppHost's.</param>
    /// <exception cref="DistributedApplicationException">The name is taken or no DNS label, or there is no such folder.</exception>
    [AspireExport]
    public static IResourceBuilder<PythonTenantResource> AddTenant(this IResourceBuilder<SnakeGatewayResource> builder, [ResourceName] string name, string directory)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        TenantRules.CheckName(name);
        var path = builder.Absolute(directory);
        TenantRules.CheckFolder(name, path);
        return builder.Add(new PythonTenantResource(name, builder.Resource, path));
    }

    /// <summary>A tenant that is there, such as one of the folder that <see cref="WithTenants"/> names.</summary>
    /// <param name="builder">The gateway.</param>
    /// <param name="name">Its name.</param>
    /// <exception cref="DistributedApplicationException">There is none of that name.</exception>
    public static IResourceBuilder<PythonTenantResource> GetTenant(this IResourceBuilder<SnakeGatewayResource> builder, string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var gateway = builder.Resource;
        return gateway.Find(name) is { } tenant
            ? builder.ApplicationBuilder.CreateResourceBuilder(tenant)
            : throw new DistributedApplicationException($"'{gateway.Name}' has no tenant '{name}'{(gateway.Tenants.Count == 0 ? "" : $", only {string.Join(", ", gateway.Tenants.Select(other => other.Name).Order(StringComparer.Ordinal))}")}.");
    }

    /// <summary>Adds a route beside those of the tenants, for hosts or paths of one's own.</summary>
    public static IResourceBuilder<SnakeGatewayResource> WithRoute(this IResourceBuilder<SnakeGatewayResource> builder, SnakeRoute route)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(route);
        builder.Resource.Routes.Add(route);
        return builder;
    }

    /// <summary>Follows the tenants' source, which is the default, or does not. A published gateway never does.</summary>
    /// <param name="builder">The gateway.</param>
    /// <param name="enabled">Whether a saved file reloads its tenant.</param>
    /// <param name="browser">Whether pages in a browser reload themselves too.</param>
    [AspireExport]
    public static IResourceBuilder<SnakeGatewayResource> WithAutoreload(this IResourceBuilder<SnakeGatewayResource> builder, bool enabled = true, bool browser = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Resource.Autoreload = (enabled, browser);
        return builder;
    }

    /// <summary>Runs so many whole gateways at the same address, each with an interpreter of its own, for as many cores. In the dashboard they are one.</summary>
    /// <param name="builder">The gateway.</param>
    /// <param name="count">1 to 256.</param>
    [AspireExport]
    public static IResourceBuilder<SnakeGatewayResource> WithWorkers(this IResourceBuilder<SnakeGatewayResource> builder, int count)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 256);
        return builder.WithEnvironment("SnakeHost__Workers", count.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Chooses the interpreter that all tenants share on this machine. A published image has its own.</summary>
    /// <param name="builder">The gateway.</param>
    /// <param name="executable">A command or a path: <c>python3.12</c>.</param>
    [AspireExport]
    public static IResourceBuilder<SnakeGatewayResource> WithPython(this IResourceBuilder<SnakeGatewayResource> builder, string executable)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(executable);
        builder.Resource.PythonExecutable = executable;
        return builder;
    }

    private static string Absolute(this IResourceBuilder<SnakeGatewayResource> builder, string directory) =>
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory, builder.ApplicationBuilder.AppHostDirectory));

    private static IResourceBuilder<PythonTenantResource> Add(this IResourceBuilder<SnakeGatewayResource> builder, PythonTenantResource tenant)
    {
        var gateway = builder.Resource;
        var discovered = gateway.Find(tenant.Name);
        gateway.Add(tenant);
        if (discovered is not null)
            builder.ApplicationBuilder.Resources.Remove(discovered);
        if (builder.ApplicationBuilder.Resources.TryGetByName(tenant.Name, out var other))
            throw new DistributedApplicationException($"Tenant '{tenant.Name}' of '{gateway.Name}' cannot have that name: {(other is PythonTenantResource { Parent: { } theirs } ? $"'{theirs.Name}' has a tenant" : "there is a resource")} of that name already.");
        TenantAnnotations.AddTo(tenant);
        return builder.ApplicationBuilder.AddResource(tenant).ExcludeFromManifest();
    }
}
