namespace SnakeHost.ServiceDefaults;

/// <summary>What tenants are called by OpenTelemetry.</summary>
public static class ServiceNames
{
    /// <summary>As a host calls it, and Aspire's dashboard with it: neither can have an underscore.</summary>
    /// <param name="tenant">The tenant's id.</param>
    public static string Of(string tenant) => tenant.Replace('_', '-');
}
