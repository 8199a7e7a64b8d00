using Aspire.Hosting.ApplicationModel;
using SnakeHost.Hosting;

namespace Aspire.Hosting;

/// <summary>Adds a SnakeHost gateway and its tenants to an application.</summary>
public static class SnakeGatewayBuilderExtensions
{
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
    public static IResourceBuilder<SnakeGatewayResource> AddSnakeGateway<TProject>(this IDistributedApplicationBuilder builder, [ResourceName] string name)
        where TProject : IProjectMetadata, new()
    {
        ArgumentNullException.ThrowIfNull(builder);
#pragma warning disable ASPIREPROJECTS001 // What AddProject does to a project; a project resource of another type has no other way to it.
        var gateway = builder.AddResource(new SnakeGatewayResource(name)).WithAnnotation(new TProject()).WithProjectDefaults(new ProjectResourceOptions());
#pragma warning restore ASPIREPROJECTS001
        gateway.WithHttpEndpoint(name: SnakeGatewayResource.HttpEndpoint, targetPort: builder.ExecutionContext.IsPublishMode ? GatewayImage.Port : null)
            .WithExternalHttpEndpoints()
            .WithIconName("ServerMultiple")
            .WithEnvironment(GatewayEnvironment.WriteAsync);
        // It takes its addresses from its own settings; ASPNETCORE_URLS would only be overruled, with a warning.
        gateway.WithEndpointsInEnvironment(static _ => false);
        builder.Eventing.Subscribe<BeforeStartEvent>((_, _) =>
        {
            GatewayRules.Check(gateway.Resource, builder.ExecutionContext);
            return Task.CompletedTask;
        });
        if (builder.ExecutionContext.IsPublishMode)
            return gateway.PublishAsDockerFile(GatewayImage.Configure(gateway.Resource));

        gateway.WithHttpEndpoint(name: SnakeGatewayResource.AdminEndpoint)
            // Who refers to the gateway means its apps.
            .WithEndpoint(SnakeGatewayResource.AdminEndpoint, static endpoint => endpoint.ExcludeReferenceEndpoint = true, createIfNotExists: false)
            .WithUrls(static urls => urls.Urls.Where(url => url.Endpoint?.EndpointName == SnakeGatewayResource.AdminEndpoint).ToList().ForEach(url => url.DisplayLocation = UrlDisplayLocation.DetailsOnly));
        GatewayFollower.Attach(gateway);
        return gateway;
    }

    /// <summary>
    /// Serves every folder of a folder that holds a Python file: <c>notes</c> at <c>notes.dev.localhost</c>. Folders that come later are served too, and appear.
    /// </summary>
    /// <param name="builder">The gateway.</param>
    /// <param name="directory">The folder, relative to the AppHost's.</param>
    /// <exception cref="DistributedApplicationException">There is no such folder, or one in it has a name that no tenant can have.</exception>
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
            TenantRules.CheckName(name, $" Rename {folder}, or add it under another name, by WithTenant before WithTenants.");
            builder.AddTenant(new PythonTenantResource(name, gateway, folder) { IsDiscovered = true });
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
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        TenantRules.CheckName(name);
        var path = builder.Absolute(directory);
        TenantRules.CheckFolder(name, path);
        builder.AddTenant(new PythonTenantResource(name, builder.Resource, path), configure);
        return builder;
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
    public static IResourceBuilder<SnakeGatewayResource> WithAutoreload(this IResourceBuilder<SnakeGatewayResource> builder, bool enabled = true, bool browser = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Resource.Autoreload = (enabled, browser);
        return builder;
    }

    /// <summary>Chooses the interpreter that all tenants share on this machine. A published image has its own.</summary>
    /// <param name="builder">The gateway.</param>
    /// <param name="executable">A command or a path: <c>python3.12</c>.</param>
    public static IResourceBuilder<SnakeGatewayResource> WithPython(this IResourceBuilder<SnakeGatewayResource> builder, string executable)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(executable);
        builder.Resource.PythonExecutable = executable;
        return builder;
    }

    private static string Absolute(this IResourceBuilder<SnakeGatewayResource> builder, string directory) =>
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory, builder.ApplicationBuilder.AppHostDirectory));

    private static void AddTenant(
        this IResourceBuilder<SnakeGatewayResource> builder, PythonTenantResource tenant, Action<IResourceBuilder<PythonTenantResource>>? configure = null)
    {
        var gateway = builder.Resource;
        var discovered = gateway.Find(tenant.Name);
        gateway.Add(tenant);
        if (discovered is not null)
            builder.ApplicationBuilder.Resources.Remove(discovered);
        var added = builder.ApplicationBuilder.AddResource(tenant).ExcludeFromManifest();
        configure?.Invoke(added);
        TenantAnnotations.AddTo(tenant);
    }
}
