using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace SnakeHost.Hosting;

/// <summary>
/// The image of a published gateway: the project's output, a Python with its shared library, and the tenants' folders, each with a virtual environment
/// made of what it declares. The SDK's own container build has no place for a Python, hence a Dockerfile.
/// </summary>
/// <remarks>In the order in which things change, so that a saved file of an app builds one layer: the gateway's packages, its projects, Python, each tenant's packages, each tenant's source.</remarks>
internal static class GatewayImage
{
    public const int Port = 9080;
    public const string AppsDirectory = "/apps";
    private const string TenantsDirectory = "/app/tenants";
    private const string DataDirectory = "/data";

    /// <summary>That of .NET's own images.</summary>
    private const string User = "1654";

    private const string PythonImage = "FROM python:${PYTHON}-slim\n";

    private static readonly string[] s_buildFiles = ["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "global.json", "NuGet.config", "nuget.config"];

    public static string DirectoryOf(PythonTenantResource tenant) => $"{(IsInApps(tenant) ? AppsDirectory : TenantsDirectory)}/{(IsInApps(tenant) ? Path.GetFileName(tenant.Directory) : tenant.Name)}";

    /// <summary>Where a tenant's volume is.</summary>
    public static string DataOf(PythonTenantResource tenant, string volume) => $"{DataDirectory}/{tenant.Name}/{volume}";

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
        var tenants = gateway.Tenants.OrderBy(tenant => tenant.Name, StringComparer.Ordinal).Select(tenant => (Tenant: tenant, Packages: TenantPackages.Of(tenant))).ToList();
        var text = new StringBuilder("# syntax=docker/dockerfile:1\n");
        if (gateway.Annotations.OfType<PackagedGateway>().Any())
            Install(text);
        else
            Build(text, gateway);
        var (gatewayLayers, end) = Runtime(PublishedPython.Choose(gateway, Context(gateway), tenants.Select(entry => entry.Packages)));
        text.Append('\n').Append(gatewayLayers);
        if (tenants.Any(entry => entry.Packages.UsesUv))
            text.Append("COPY --from=ghcr.io/astral-sh/uv:latest /uv /usr/local/bin/uv\n");
        foreach (var (tenant, packages) in tenants)
            Install(text, gateway, tenant, packages);
        foreach (var tenant in gateway.Tenants.OrderBy(tenant => tenant.Name, StringComparer.Ordinal))
        {
            // A virtual environment of this machine's is of no use there, and its folder may have any name.
            var options = string.Concat(VirtualEnvironments.In(tenant.Directory).Select(folder => $" --exclude={folder}"));
            text.Append(CultureInfo.InvariantCulture, $"COPY --chown={User}:{User}{options} [\"{Relative(gateway, $"Tenant '{tenant.Name}'", tenant.Directory)}/\", \"{DirectoryOf(tenant)}/\"]\n");
        }

        // A volume begins as the folder that it is laid over.
        foreach (var (tenant, volume) in gateway.Tenants.SelectMany(tenant => tenant.Volumes.Select(volume => (tenant, volume))))
            text.Append(CultureInfo.InvariantCulture, $"RUN install -d -o {User} -g {User} \"{DataOf(tenant, volume)}\"\n");
        return text.Append(end).ToString();
    }

    /// <summary>The last stage of the Dockerfile at the repository's root, which is the same image without tenants: what comes before them, and what behind.</summary>
    private static (string Before, string Behind) Runtime(string python)
    {
        using var reader = new StreamReader(typeof(GatewayImage).Assembly.GetManifestResourceStream("Dockerfile")!);
        var text = reader.ReadToEnd();
        var stage = text[text.IndexOf(PythonImage, StringComparison.Ordinal)..].Replace(PythonImage, $"FROM python:{python}-slim\n", StringComparison.Ordinal);
        var user = stage.IndexOf($"USER {User}\n", StringComparison.Ordinal);
        return (stage[..user], stage[user..]);
    }

    /// <summary>The tool of this package's version is the same gateway.</summary>
    private static void Install(StringBuilder text)
    {
        var version = PackagedGateway.Version;
        text.Append(CultureInfo.InvariantCulture, $"""
            FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
            RUN dotnet tool install snakehost --version {version} --tool-path /tool && mv /tool/.store/snakehost/{version}/snakehost/{version}/tools/net10.0/any /app

            """);
    }

    private static void Build(StringBuilder text, SnakeGatewayResource gateway)
    {
        text.Append("FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build\nWORKDIR /src\n");
        var files = s_buildFiles.Where(file => File.Exists(Path.Join(Context(gateway), file))).ToList();
        if (files.Count > 0)
            text.Append(CultureInfo.InvariantCulture, $"COPY [{string.Join(", ", files.Select(file => $"\"{file}\""))}, \"./\"]\n");
        var folders = Projects(ProjectPath(gateway)).Order(StringComparer.Ordinal).Select(project => (Path.GetFileName(project), Folder: Relative(gateway, $"The project {project}", Path.GetDirectoryName(project)!))).ToList();
        var gatewayProject = Relative(gateway, "The gateway", ProjectPath(gateway));
        foreach (var (file, folder) in folders)
            text.Append(CultureInfo.InvariantCulture, $"COPY [\"{folder}/{file}\", \"{folder}/\"]\n");
        text.Append(CultureInfo.InvariantCulture, $"RUN dotnet restore \"{gatewayProject}\" -p:PublishReadyToRun=true\n");
        foreach (var (_, folder) in folders)
            text.Append(CultureInfo.InvariantCulture, $"COPY [\"{folder}/\", \"{folder}/\"]\n");
        text.Append(CultureInfo.InvariantCulture, $"RUN dotnet publish \"{gatewayProject}\" -c Release --no-restore -o /app -p:RunAnalyzers=false\n");
    }

    private static void Install(StringBuilder text, SnakeGatewayResource gateway, PythonTenantResource tenant, TenantPackages packages)
    {
        if (packages.Files.Count == 0)
            return;
        var to = DirectoryOf(tenant);
        var files = packages.Files.Select(file => $"\"{Relative(gateway, $"Tenant '{tenant.Name}'", Path.Join(tenant.Directory, file))}\"");
        text.Append(CultureInfo.InvariantCulture, $"COPY [{string.Join(", ", files)}, \"{to}/\"]\n");
        text.Append(packages.UsesUv
            ? $"RUN --mount=type=cache,target=/root/.cache/uv UV_LINK_MODE=copy UV_PYTHON=/usr/local/bin/python3 uv sync --project \"{to}\" --no-dev --no-install-project{(packages.IsLocked ? " --frozen" : "")}\n"
            : $"RUN --mount=type=cache,target=/root/.cache/pip python3 -m venv \"{to}/.venv\" && \"{to}/.venv/bin/pip\" install -r \"{to}/requirements.txt\"\n");
    }

    /// <summary>A project and all that it refers to.</summary>
    private static HashSet<string> Projects(string project)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var open = new Queue<string>([Path.GetFullPath(project)]);
        while (open.TryDequeue(out var next))
        {
            if (!found.Add(next))
                continue;
            var references = XDocument.Load(next).Descendants().Where(element => element.Name.LocalName == "ProjectReference").Select(element => (string?)element.Attribute("Include")).OfType<string>();
            foreach (var reference in references)
                open.Enqueue(Path.GetFullPath(reference.Replace('\\', '/'), Path.GetDirectoryName(next)!));
        }

        return found;
    }

    private static string Context(SnakeGatewayResource gateway) => gateway.Annotations.OfType<PackagedGateway>().FirstOrDefault()?.Context ?? Path.GetDirectoryName(Path.GetDirectoryName(ProjectPath(gateway)))!;

    private static string ProjectPath(SnakeGatewayResource gateway) => Path.GetFullPath(gateway.GetProjectMetadata().ProjectPath);

    private static bool IsInApps(PythonTenantResource tenant) =>
        tenant.Parent.AppsDirectory is { } apps && TenantRules.IsSamePath(Path.GetDirectoryName(tenant.Directory) ?? "", apps);

    private static string Relative(SnakeGatewayResource gateway, string what, string path)
    {
        var relative = Path.GetRelativePath(Context(gateway), path).Replace('\\', '/');
        return relative.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(relative)
            ? throw new DistributedApplicationException($"{what} cannot be published: {path} lies outside {Context(gateway)}, the context of the image's build.")
            : relative;
    }

    private sealed class ProjectAnnotation(SnakeGatewayResource gateway) : IResourceAnnotation
    {
        public SnakeGatewayResource Gateway { get; } = gateway;
    }
}
