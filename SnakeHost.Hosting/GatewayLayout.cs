using Aspire.Hosting.ApplicationModel;

namespace SnakeHost.Hosting;

/// <summary>Where the tenants' folders are and which routes lead there: on this machine, or in a published image.</summary>
internal abstract class GatewayLayout(SnakeGatewayResource gateway)
{
    private const string Suffix = ".localhost";
    private const string DashboardSuffix = ".dev.localhost";

    /// <summary>The folder of apps.</summary>
    public abstract string? Root { get; }

    protected SnakeGatewayResource Gateway { get; } = gateway;

    public static GatewayLayout Machine(SnakeGatewayResource gateway) => new OnMachine(gateway);

    public static GatewayLayout Image(SnakeGatewayResource gateway) => new InImage(gateway);

    /// <summary>The routes, and whose variables each takes up.</summary>
    public IEnumerable<(SnakeRoute Route, PythonTenantResource? Tenant)> Routes() =>
    [
        .. Named.SelectMany(tenant => Of(tenant).Select(route => (route, tenant.HasOwnRoute ? tenant : null))),
        .. (Root is null ? [] : OfFolder()).Concat(Gateway.Routes).Select(route => (route, (PythonTenantResource?)null)),
    ];

    /// <summary>Tenants that have routes of their own.</summary>
    protected abstract IEnumerable<PythonTenantResource> Named { get; }

    protected abstract IEnumerable<SnakeRoute> Of(PythonTenantResource tenant);

    protected abstract IEnumerable<SnakeRoute> OfFolder();

    /// <summary>In configuration a brace opens a placeholder.</summary>
    public static string Literal(string path) => path.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);

    private sealed class OnMachine(SnakeGatewayResource gateway) : GatewayLayout(gateway)
    {
        public override string? Root => Gateway.AppsDirectory;

        protected override IEnumerable<PythonTenantResource> Named => Gateway.Tenants.Where(tenant => tenant.HasOwnRoute);

        protected override IEnumerable<SnakeRoute> Of(PythonTenantResource tenant) =>
        [
            .. new[] { tenant.Name + Suffix, tenant.Name + DashboardSuffix }.Concat(tenant.Hosts).Select(host => Route(tenant, host, "/")),
            Route(tenant, "*", $"/{tenant.Name}"),
        ];

        protected override IEnumerable<SnakeRoute> OfFolder() =>
        [
            new($"*{Suffix}", "{http.request.host.labels.1}"),
            new($"*{DashboardSuffix}", "{http.request.host.labels.2}"),
            new("*", "{http.request.uri.path.0}") { Path = "/*" },
        ];

        private static SnakeRoute Route(PythonTenantResource tenant, string host, string path) => new(host, Literal(tenant.Directory))
        {
            Path = path,
            Name = tenant.Name,
            App = tenant.App,
            Interface = tenant.Interface,
            Isolation = tenant.Isolation,
            Processes = tenant.Processes,
            Debugger = tenant.Debugger,
            VirtualEnvironment = Literal(tenant.VirtualEnvironment ?? ""),
        };
    }

    /// <summary>
    /// A cloud gives a gateway one host: there the first segment of the path chooses the tenant. An image's folders are known, so each has its route, without
    /// a placeholder. Hosts of one's own come beside it.
    /// </summary>
    private sealed class InImage(SnakeGatewayResource gateway) : GatewayLayout(gateway)
    {
        public override string? Root => Gateway.AppsDirectory is null ? null : GatewayImage.AppsDirectory;

        protected override IEnumerable<PythonTenantResource> Named => Gateway.Tenants;

        protected override IEnumerable<SnakeRoute> Of(PythonTenantResource tenant) =>
        [
            Route(tenant, "*", $"/{tenant.Segment}"),
            .. tenant.Hosts.Select(host => Route(tenant, host, "/")),
        ];

        protected override IEnumerable<SnakeRoute> OfFolder() => [];

        private static SnakeRoute Route(PythonTenantResource tenant, string host, string path) =>
            new(host, GatewayImage.DirectoryOf(tenant))
            {
                Path = path,
                Name = tenant.Name,
                App = tenant.App,
                Interface = tenant.Interface,
                Isolation = tenant.Isolation,
                Processes = tenant.Processes,
            };
    }
}
