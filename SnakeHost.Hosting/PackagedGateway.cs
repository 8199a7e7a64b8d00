using System.Reflection;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace SnakeHost.Hosting;

/// <summary>The gateway that comes with the package, as a project that needs no build: Aspire wants a project resource to have one.</summary>
/// <param name="program">Its assembly.</param>
/// <param name="appHost">The AppHost's folder.</param>
internal sealed class PackagedGateway(string program, string appHost) : IProjectMetadata
{
    /// <summary>Which the package's props write into the AppHost's assembly.</summary>
    private const string Key = "SnakeHostGateway";

    /// <summary>The package's, which is the gateway's.</summary>
    public static string Version { get; } =
        typeof(PackagedGateway).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public string ProjectPath => program;

    /// <summary>The folder that an image is built from, which holds the AppHost's.</summary>
    public string Context { get; } = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(appHost)) ?? appHost;

    public bool SuppressBuild => true;

    /// <exception cref="DistributedApplicationException">There is none.</exception>
    public static string Find(IDistributedApplicationBuilder builder)
    {
        var path = builder.AppHostAssembly?.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(static metadata => metadata.Key == Key)?.Value
            ?? throw new DistributedApplicationException("AddSnakeGateway(name) starts the gateway of the package SnakeHost.Hosting, and this AppHost has no reference to that package: add it, or name the gateway's project, by AddSnakeGateway<Projects.SnakeHost_Gateway>(name).");
        return File.Exists(path) ? path : throw new DistributedApplicationException($"The gateway of the package SnakeHost.Hosting is not there any more: {path} does not exist; restore and build the AppHost anew.");
    }
}
