using System.Globalization;
using System.Text;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace SnakeHost.Hosting;

/// <summary>
/// The image of a published gateway: the project's output, a Python with its shared library, and the tenants' folders, each with a virtual environment
/// made of its <c>requirements.txt</c>. The SDK's own container build has no place for a Python, hence a Dockerfile.
/// </summary>
internal static class GatewayImage
{
    public const int Port = 8080;
    public const string AppsDirectory = "/app/apps";
    private const string TenantsDirectory = "/app/tenants";

    public static string DirectoryOf(PythonTenantResource tenant) => $"{(IsInApps(tenant) ? AppsDirectory : TenantsDirectory)}/{(IsInApps(tenant) ? Path.GetFileName(tenant.Directory) : tenant.Name)}";

    public static Action<IResourceBuilder<ContainerResource>> Configure(SnakeGatewayResource gateway) => container =>
    {
        container.Resource.Annotations.Add(new ProjectAnnotation(gateway));
        // The tenants are not known yet: the context is the folder that holds the project's, and what lies elsewhere is refused when the file is written.
        container.WithDockerfileFactory(Context(gateway), _ => Dockerfile(gateway));
    };

    /// <summary>The gateway that a container stands for.</summary>
    public static SnakeGatewayResource Project(IResource container) => container.Annotations.OfType<ProjectAnnotation>().Single().Gateway;

    public static string Dockerfile(SnakeGatewayResource gateway)
    {
        var project = Path.GetRelativePath(Context(gateway), ProjectPath(gateway)).Replace('\\', '/');
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
            WORKDIR /src
            COPY . .
            RUN dotnet publish "{project}" -c Release -o /app

            FROM mcr.microsoft.com/dotnet/aspnet:10.0
            RUN apt-get update \
             && apt-get install -y --no-install-recommends python3 python3-venv \
             && apt-get install -y --no-install-recommends "lib$(basename "$(readlink -f /usr/bin/python3)")" \
             && rm -rf /var/lib/apt/lists/*
            WORKDIR /app
            COPY --from=build /app .

            """);
        if (gateway.AppsDirectory is { } apps)
            Copy(text, gateway, "The folder of apps", apps, AppsDirectory);
        foreach (var tenant in gateway.Tenants.Where(tenant => !IsInApps(tenant)).OrderBy(tenant => tenant.Name, StringComparer.Ordinal))
            Copy(text, gateway, $"Tenant '{tenant.Name}'", tenant.Directory, DirectoryOf(tenant));
        text.Append(CultureInfo.InvariantCulture, $$"""
            RUN for app in {{AppsDirectory}}/* {{TenantsDirectory}}/*; do \
                  if [ -f "$app/requirements.txt" ]; then \
                    python3 -m venv "$app/.venv" && "$app/.venv/bin/pip" install --no-cache-dir -r "$app/requirements.txt" || exit 1; \
                  fi; \
                done
            USER $APP_UID
            EXPOSE {{Port}}
            ENTRYPOINT ["dotnet", "{{Path.GetFileNameWithoutExtension(project)}}.dll"]

            """);
        return text.ToString();
    }

    private static string Context(SnakeGatewayResource gateway) => Path.GetDirectoryName(Path.GetDirectoryName(ProjectPath(gateway)))!;

    private static string ProjectPath(SnakeGatewayResource gateway) => Path.GetFullPath(gateway.GetProjectMetadata().ProjectPath);

    private static bool IsInApps(PythonTenantResource tenant) =>
        tenant.Parent.AppsDirectory is { } apps && TenantRules.IsSamePath(Path.GetDirectoryName(tenant.Directory) ?? "", apps);

    private static void Copy(StringBuilder text, SnakeGatewayResource gateway, string what, string from, string to)
    {
        var relative = Path.GetRelativePath(Context(gateway), from).Replace('\\', '/');
        if (relative.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(relative))
            throw new DistributedApplicationException($"{what} cannot be published: {from} lies outside {Context(gateway)}, the context of the image's build.");
        text.Append(CultureInfo.InvariantCulture, $"COPY --chown=$APP_UID [\"{relative}/\", \"{to}/\"]\n");
    }

    private sealed class ProjectAnnotation(SnakeGatewayResource gateway) : IResourceAnnotation
    {
        public SnakeGatewayResource Gateway { get; } = gateway;
    }
}
