using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace SnakeHost.Hosting;

/// <summary>What makes a tenant's virtual environment. The tenant waits for its completion, and no other tenant does.</summary>
internal static class TenantInstallers
{
    public static void AddVenv(IResourceBuilder<PythonTenantResource> tenant, string directory) => Add(tenant, "venv", directory, "--tool", "venv");

    /// <summary>By pip, of the file that names the packages; null for the one that is there.</summary>
    public static void AddPip(IResourceBuilder<PythonTenantResource> tenant, string? directory, string? requirements) =>
        Add(tenant, "pip", directory, ["--tool", "pip", .. requirements is null ? [] : new[] { "--requirements", requirements }]);

    public static void AddUv(IResourceBuilder<PythonTenantResource> tenant, string? directory) => Add(tenant, "uv", directory, "--tool", "uv");

    /// <summary>What installs a tenant's packages; null when nothing does.</summary>
    public static PythonInstallerResource? Find(PythonTenantResource tenant) => tenant.Annotations.OfType<InstallerAnnotation>().FirstOrDefault()?.Installer;

    /// <summary>
    /// Python, and what it is given: the gateway's own program for it. The environments must be made by the Python that loads them; one that is not named is that in the tenant's folder.
    /// </summary>
    public static (string Python, IReadOnlyList<string> Arguments) Command(PythonTenantResource tenant, string? environment, params IEnumerable<string> options) =>
        (tenant.Parent.PythonExecutable ?? "python3",
            [Path.Join(Path.GetDirectoryName(Path.GetFullPath(tenant.Parent.GetProjectMetadata().ProjectPath)), "Packages", "sync.py"), tenant.Directory, .. environment is null ? [] : new[] { "--environment", environment }, .. options]);

    private static void Add(IResourceBuilder<PythonTenantResource> tenant, string kind, string? directory, params IEnumerable<string> options)
    {
        if (tenant.Resource.Annotations.OfType<InstallerAnnotation>().Any())
            throw new DistributedApplicationException($"Tenant '{tenant.Resource.Name}' has its packages installed already: WithPip, WithUv and WithVirtualEnvironment(…, create: true) exclude each other.");
        // An image makes its own.
        if (!tenant.ApplicationBuilder.ExecutionContext.IsRunMode)
        {
            tenant.WithAnnotation(new InstallerAnnotation(null));
            return;
        }

        var (python, arguments) = Command(tenant.Resource, directory, options);
        var installer = tenant.ApplicationBuilder.AddResource(new PythonInstallerResource($"{tenant.Resource.Name}-{kind}", tenant.Resource, python))
            .WithArgs([.. arguments])
            .WithEnvironment("PYTHONUTF8", "1")
            .WithIconName("BoxArrowUp")
            .WithParentRelationship(tenant)
            .ExcludeFromManifest();
        tenant.WithAnnotation(new InstallerAnnotation(installer.Resource));
        tenant.WaitForCompletion(installer);
    }

    private sealed class InstallerAnnotation(PythonInstallerResource? installer) : IResourceAnnotation
    {
        public PythonInstallerResource? Installer { get; } = installer;
    }
}
