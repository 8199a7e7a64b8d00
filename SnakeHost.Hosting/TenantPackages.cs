using System.Text.RegularExpressions;
using Aspire.Hosting.ApplicationModel;

namespace SnakeHost.Hosting;

/// <summary>Where a tenant says which packages it needs, and which Pythons it runs on.</summary>
/// <param name="Tenant">Whose.</param>
/// <param name="Files">The files that say it, by name; none when the app needs no packages.</param>
/// <param name="UsesUv">Whether uv installs them: <c>pyproject.toml</c>; else pip, of <c>requirements.txt</c>.</param>
/// <param name="RequiresPython">What <c>pyproject.toml</c> says of Python's version; null when nothing.</param>
internal sealed partial record TenantPackages(PythonTenantResource Tenant, IReadOnlyList<string> Files, bool UsesUv, string? RequiresPython)
{
    private const string Project = "pyproject.toml", Lock = "uv.lock", Requirements = "requirements.txt";

    public bool IsLocked => Files.Contains(Lock);

    /// <summary>A lock file goes before requirements, and these before a project: who has both writes the first of the second.</summary>
    public static TenantPackages Of(PythonTenantResource tenant)
    {
        var project = Path.Join(tenant.Directory, Project) is var path && File.Exists(path) ? File.ReadAllText(path) : "";
        // Without that table it is the settings of some tool.
        var isProject = ProjectTable().IsMatch(project);
        var requires = isProject && Requires().Match(project) is { Success: true } match ? match.Groups[1].Value : null;
        if (isProject && Has(Lock))
            return new TenantPackages(tenant, [Project, Lock], UsesUv: true, requires);
        if (Has(Requirements))
            return new TenantPackages(tenant, [Requirements], UsesUv: false, requires);
        return isProject ? new TenantPackages(tenant, [Project], UsesUv: true, requires) : new TenantPackages(tenant, [], UsesUv: false, requires);

        bool Has(string file) => File.Exists(Path.Join(tenant.Directory, file));
    }

    [GeneratedRegex(@"^\s*\[project\]", RegexOptions.Multiline)]
    private static partial Regex ProjectTable();

    [GeneratedRegex(@"^\s*requires-python\s*=\s*[""']([^""']+)[""']", RegexOptions.Multiline)]
    private static partial Regex Requires();
}
