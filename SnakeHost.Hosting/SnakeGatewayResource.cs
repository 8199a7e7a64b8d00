using System.Security.Cryptography;
using SnakeHost.Hosting;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A SnakeHost gateway: one process that serves many Python web apps, its tenants.</summary>
/// <param name="name">Its name.</param>
public sealed class SnakeGatewayResource(string name) : ProjectResource(name)
{
    internal const string HttpEndpoint = "http";
    internal const string AdminEndpoint = "admin";

    /// <summary>Where a published gateway is asked for its health, by the platform it runs on.</summary>
    internal const string HealthPath = "/health";

    private readonly Dictionary<string, PythonTenantResource> _tenants = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The tenants, by name.</summary>
    public IReadOnlyCollection<PythonTenantResource> Tenants => _tenants.Values;

    /// <summary>The folder whose folders are tenants, if there is one.</summary>
    public string? AppsDirectory { get; internal set; }

    /// <summary>Routes of one's own, beside those of the tenants.</summary>
    public IList<SnakeRoute> Routes { get; } = [];

    /// <summary>Whether saved files are followed; null for the gateway's default.</summary>
    internal (bool Enabled, bool Browser)? Autoreload { get; set; }

    internal string? PythonExecutable { get; set; }

    /// <summary>Folders of <see cref="AppsDirectory"/> that are served, but cannot be resources.</summary>
    internal List<string> Unnamed { get; } = [];

    /// <summary>The admin listener's token: another one in each run. Shown masked.</summary>
    internal ParameterResource AdminToken { get; } = NewToken(name);

    internal PythonTenantResource? Find(string tenant) => _tenants.GetValueOrDefault(tenant);

    /// <exception cref="DistributedApplicationException">There is one of that name in another folder.</exception>
    internal void Add(PythonTenantResource tenant)
    {
        if (_tenants.TryGetValue(tenant.Name, out var other) && !other.IsDiscovered && tenant.IsDiscovered)
            throw new DistributedApplicationException($"Tenant '{tenant.Name}' of '{Name}' exists already, for {other.Directory}: the folder {tenant.Directory} has the same name; one of the two needs another.");
        if (other is { IsDiscovered: false })
            throw new DistributedApplicationException($"Tenant '{tenant.Name}' of '{Name}' exists already, for {other.Directory}: a name can be given once.");
        if (other is not null && !TenantRules.IsSamePath(other.Directory, tenant.Directory))
            throw new DistributedApplicationException($"Tenant '{tenant.Name}' of '{Name}' exists already: the folder {other.Directory} has that name; {tenant.Directory} needs another one.");
        _tenants[tenant.Name] = tenant;
    }

    private static ParameterResource NewToken(string name)
    {
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        return new ParameterResource($"{name}-admin-token", _ => token, secret: true);
    }
}
