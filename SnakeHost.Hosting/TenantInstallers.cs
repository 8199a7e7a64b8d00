using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace SnakeHost.Hosting;

/// <summary>What makes a tenant's virtual environment. The tenant waits for its completion, and no other tenant does.</summary>
internal static class TenantInstallers
{
    /// <summary>One that is there is left: pip and uv bring it up to date.</summary>
    private const string Make = "import os, subprocess, sys\nif not os.path.exists(os.path.join(sys.argv[1], 'pyvenv.cfg')): subprocess.run([sys.executable, '-m', 'venv', sys.argv[1]], check=True)\n";

    private const string Install = Make + "sys.exit(subprocess.run([os.path.join(sys.argv[1], 'bin', 'python'), '-m', 'pip', 'install', '--disable-pip-version-check', '-r', sys.argv[2]]).returncode)";

    public static void AddVenv(IResourceBuilder<PythonTenantResource> tenant, string directory) => Add(tenant, "venv", Python(tenant), ["-c", Make, directory]);

    public static void AddPip(IResourceBuilder<PythonTenantResource> tenant, string directory, string requirements) => Add(tenant, "pip", Python(tenant), ["-c", Install, directory, requirements]);

    public static void AddUv(IResourceBuilder<PythonTenantResource> tenant, string directory) => Add(tenant, "uv", "uv", ["sync", "--python", Python(tenant)], directory);

    private static void Add(IResourceBuilder<PythonTenantResource> tenant, string kind, string command, string[] arguments, string? uvDirectory = null)
    {
        if (tenant.Resource.Annotations.OfType<InstallerAnnotation>().Any())
            throw new DistributedApplicationException($"Tenant '{tenant.Resource.Name}' has its packages installed already: WithPip, WithUv and WithVirtualEnvironment(…, create: true) exclude each other.");
        tenant.WithAnnotation(new InstallerAnnotation());
        // An image makes its own.
        if (!tenant.ApplicationBuilder.ExecutionContext.IsRunMode)
            return;
        var installer = tenant.ApplicationBuilder.AddResource(new PythonInstallerResource($"{tenant.Resource.Name}-{kind}", tenant.Resource, command))
            .WithArgs([.. arguments])
            .WithIconName("BoxArrowUp")
            .WithParentRelationship(tenant)
            .ExcludeFromManifest();
        if (uvDirectory is not null)
            installer.WithEnvironment("UV_PROJECT_ENVIRONMENT", uvDirectory);
        tenant.WaitForCompletion(installer);
    }

    /// <summary>The environments must be made by the Python that loads them.</summary>
    private static string Python(IResourceBuilder<PythonTenantResource> tenant) => tenant.Resource.Parent.PythonExecutable ?? "python3";

    private sealed class InstallerAnnotation : IResourceAnnotation;
}
