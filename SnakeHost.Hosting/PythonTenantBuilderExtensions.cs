using Aspire.Hosting.ApplicationModel;
using SnakeHost.Hosting;

namespace Aspire.Hosting;

/// <summary>Says of a tenant what its folder does not.</summary>
public static class PythonTenantBuilderExtensions
{
    private const string Requirements = "requirements.txt", Project = "pyproject.toml";

    /// <summary>Names the app.</summary>
    /// <param name="builder">The tenant.</param>
    /// <param name="app"><c>module:attribute</c> or <c>module:factory()</c>.</param>
    public static IResourceBuilder<PythonTenantResource> WithApp(this IResourceBuilder<PythonTenantResource> builder, string app)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(app);
        builder.Resource.App = app;
        TenantAnnotations.Describe(builder.Resource);
        return builder;
    }

    /// <summary>Serves it at a host of its own too, with all that is said of it here; published as well. Once for each host.</summary>
    /// <param name="builder">The tenant.</param>
    /// <param name="host"><c>billing.example.com</c> or <c>*.billing.example.com</c>.</param>
    public static IResourceBuilder<PythonTenantResource> WithHost(this IResourceBuilder<PythonTenantResource> builder, string host)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(host);
        builder.Resource.OwnHosts.Add(host);
        return builder;
    }

    /// <summary>Serves it as WSGI, whatever it looks like.</summary>
    public static IResourceBuilder<PythonTenantResource> AsWsgi(this IResourceBuilder<PythonTenantResource> builder) => builder.As("wsgi");

    /// <summary>Serves it as ASGI, whatever it looks like.</summary>
    public static IResourceBuilder<PythonTenantResource> AsAsgi(this IResourceBuilder<PythonTenantResource> builder) => builder.As("asgi");

    /// <summary>Gives it a process of its own, or several, in place of its part of the gateway's; see docs/processes.md.</summary>
    /// <param name="builder">The tenant.</param>
    /// <param name="processes">How many: 1 to 256.</param>
    public static IResourceBuilder<PythonTenantResource> AsProcess(this IResourceBuilder<PythonTenantResource> builder, int processes = 1)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentOutOfRangeException.ThrowIfLessThan(processes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(processes, 256);
        (builder.Resource.Isolation, builder.Resource.Processes) = ("process", processes);
        return builder;
    }

    /// <summary>Loads it with debugpy from the start, for an editor that attaches; on this machine only. See docs/debugging.md.</summary>
    /// <param name="builder">The tenant.</param>
    /// <param name="port">Where editors attach, on loopback; null for the first free port from 5678 on.</param>
    /// <param name="wait">Whether it is loaded only when an editor has attached: its import can be debugged then.</param>
    public static IResourceBuilder<PythonTenantResource> WithDebugging(this IResourceBuilder<PythonTenantResource> builder, int? port = null, bool wait = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (port is { } number)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(number, 1, nameof(port));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(number, ushort.MaxValue, nameof(port));
        }

        builder.Resource.Debugger = (port ?? 0, wait);
        return builder;
    }

    /// <summary>Uses a virtual environment other than <c>.venv</c> or <c>venv</c> in the tenant's folder. A published image makes one of what the tenant declares instead.</summary>
    /// <param name="builder">The tenant.</param>
    /// <param name="directory">Relative to the tenant's folder.</param>
    /// <param name="create">Whether one that is not there is made, by the gateway's Python, before the tenant is loaded.</param>
    /// <exception cref="DistributedApplicationException">There is none, or it has no Python.</exception>
    public static IResourceBuilder<PythonTenantResource> WithVirtualEnvironment(this IResourceBuilder<PythonTenantResource> builder, string directory, bool create = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        var tenant = builder.Resource;
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory, tenant.Directory));
        if (create)
            TenantInstallers.AddVenv(builder, path);
        else if (builder.ApplicationBuilder.ExecutionContext.IsRunMode)
            TenantRules.CheckVirtualEnvironment(tenant.Name, path);
        tenant.VirtualEnvironment = path;
        TenantAnnotations.Describe(tenant);
        return builder;
    }

    /// <summary>Installs the tenant's packages with pip before it is loaded, into its virtual environment, which is made if need be. What is installed already costs nothing. An image does so anyway.</summary>
    /// <param name="builder">The tenant.</param>
    /// <param name="requirements">The file that names them, relative to the tenant's folder; without that, its <c>pyproject.toml</c> does.</param>
    /// <exception cref="DistributedApplicationException">There is no such file, or something installs its packages already.</exception>
    public static IResourceBuilder<PythonTenantResource> WithPip(this IResourceBuilder<PythonTenantResource> builder, string requirements = Requirements)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(requirements);
        var isProject = requirements == Requirements && !File.Exists(Path.Join(builder.Resource.Directory, Requirements)) && File.Exists(Path.Join(builder.Resource.Directory, Project));
        if (!isProject)
            CheckFile(builder.Resource, requirements);
        TenantInstallers.AddPip(builder, builder.Resource.VirtualEnvironment, isProject ? null : requirements);
        return builder;
    }

    /// <summary>Installs what the tenant's <c>pyproject.toml</c> and <c>uv.lock</c> say with uv before it is loaded, into its virtual environment. An image does so anyway.</summary>
    /// <param name="builder">The tenant.</param>
    /// <exception cref="DistributedApplicationException">There is no such file, or something installs its packages already.</exception>
    public static IResourceBuilder<PythonTenantResource> WithUv(this IResourceBuilder<PythonTenantResource> builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        CheckFile(builder.Resource, Project);
        TenantInstallers.AddUv(builder, builder.Resource.VirtualEnvironment);
        return builder;
    }

    /// <summary>Shows the app's health, as the app itself tells it. It is asked while it runs, every half minute or more often, which counts as use.</summary>
    /// <param name="builder">The tenant.</param>
    /// <param name="path">Where it is asked, with its slash; <c>/</c> if null.</param>
    /// <param name="statusCode">What it answers when all is well; 200 if null.</param>
    /// <param name="endpointName">Its one endpoint, <c>http</c>, which null means too.</param>
    /// <exception cref="DistributedApplicationException">The path has no slash, or the tenant is asked there already.</exception>
    public static IResourceBuilder<PythonTenantResource> WithHttpHealthCheck(
        this IResourceBuilder<PythonTenantResource> builder, string? path = null, int? statusCode = null, [EndpointName] string? endpointName = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        path ??= "/";
        if (endpointName is not (null or PythonTenantResource.HttpEndpoint))
            throw new DistributedApplicationException($"Tenant '{builder.Resource.Name}' has no endpoint '{endpointName}', only '{PythonTenantResource.HttpEndpoint}'.");
        if (!path.StartsWith('/'))
            throw new DistributedApplicationException($"Tenant '{builder.Resource.Name}' cannot be asked for its health at {path}: a path begins with a slash.");
        TenantHealthCheck.Add(builder, path, statusCode ?? 200);
        return builder;
    }

    /// <summary>Gives it a folder for what it writes, which outlives the app: published, a volume; here, a folder of this AppHost's below the user's local data.</summary>
    /// <param name="builder">The tenant.</param>
    /// <param name="variable">The variable that has the folder's path: <c>DATA_DIR</c>.</param>
    /// <param name="name">What the folder is called, of lower-case letters, digits and hyphens, where there are several.</param>
    /// <exception cref="DistributedApplicationException">The name is none, or there is one of that name.</exception>
    public static IResourceBuilder<PythonTenantResource> WithVolume(this IResourceBuilder<PythonTenantResource> builder, string variable, string name = "data")
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(variable);
        var tenant = builder.Resource;
        TenantRules.CheckVariable(tenant.Name, variable);
        if (!TenantRules.IsName(name) || name.Any(char.IsAsciiLetterUpper))
            throw new DistributedApplicationException($"Tenant '{tenant.Name}' cannot have a volume '{name}': its name must be lower-case letters, digits and single hyphens, and begin with a letter.");
        if (tenant.Volumes.Contains(name))
            throw new DistributedApplicationException($"Tenant '{tenant.Name}' has a volume '{name}' already.");
        tenant.Volumes.Add(name);
        if (builder.ApplicationBuilder.ExecutionContext.IsRunMode)
        {
            var local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            var folder = Path.Join(local, "SnakeHost", builder.ApplicationBuilder.Configuration["AppHost:Sha256"] is { Length: > 8 } id ? id[..8].ToLowerInvariant() : "apphost", tenant.Name, name);
            return builder.WithEnvironment(variable, () => Directory.CreateDirectory(folder).FullName);
        }

        var path = GatewayImage.DataOf(tenant, name);
        tenant.Parent.Annotations.Add(new ContainerMountAnnotation($"{tenant.Parent.Name}-{tenant.Name}-{name}", path, ContainerMountType.Volume, isReadOnly: false));
        return builder.WithEnvironment(variable, path);
    }

    /// <summary>Tells another service, or another tenant, where this tenant is: <c>services__{name}__http__0</c> for service discovery and <c>{NAME}_HTTP</c>.</summary>
    /// <remarks>The address is <see cref="PythonTenantResource.Url"/>, which has a path. Below it a client asks for <c>items</c>, not for <c>/items</c>.</remarks>
    /// <param name="builder">Who is told.</param>
    /// <param name="source">The tenant.</param>
    /// <param name="name">What it is called there; its own name if null.</param>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<PythonTenantResource> source, string? name = null)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(source);
        var tenant = source.Resource;
        var service = name ?? tenant.Name;
        builder.WithReferenceRelationship(tenant);
        return builder.WithEnvironment(context =>
        {
            var wanted = context.Resource.Annotations.OfType<ReferenceEnvironmentInjectionAnnotation>().LastOrDefault()?.Flags ?? ReferenceEnvironmentInjectionFlags.All;
            if (wanted.HasFlag(ReferenceEnvironmentInjectionFlags.ServiceDiscovery))
                context.EnvironmentVariables[$"services__{service}__http__0"] = tenant.Url;
            if (wanted.HasFlag(ReferenceEnvironmentInjectionFlags.Endpoints))
                context.EnvironmentVariables[$"{service.ToUpperInvariant().Replace('-', '_')}_HTTP"] = tenant.Url;
        });
    }

    private static void CheckFile(PythonTenantResource tenant, string file)
    {
        if (!File.Exists(Path.GetFullPath(file, tenant.Directory)))
            throw new DistributedApplicationException($"Tenant '{tenant.Name}' does not say which packages it needs: {Path.GetFullPath(file, tenant.Directory)} does not exist.");
    }

    private static IResourceBuilder<PythonTenantResource> As(this IResourceBuilder<PythonTenantResource> builder, string kind)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Resource.Interface = kind;
        TenantAnnotations.Describe(builder.Resource);
        return builder;
    }
}
