namespace Aspire.Hosting.ApplicationModel;

/// <summary>Prepares a tenant's virtual environment before the tenant is loaded, with a console of its own; on this machine only.</summary>
/// <param name="name">Its name.</param>
/// <param name="tenant">For whom.</param>
/// <param name="command">The program: Python.</param>
public sealed class PythonInstallerResource(string name, PythonTenantResource tenant, string command) : ExecutableResource(name, command, tenant.Directory)
{
    /// <summary>For whom.</summary>
    public PythonTenantResource Tenant { get; } = tenant;
}
