using System.Text.RegularExpressions;
using Aspire.Hosting;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Hosting;

/// <summary>What a tenant must be for the AppHost to start with it. Each refusal is a sentence that names the tenant.</summary>
internal static partial class TenantRules
{
    /// <summary>Whether it can be a host's first label and a resource's name.</summary>
    public static bool IsName(string name) => Name().IsMatch(name);

    /// <summary>What a folder's app is called: <c>my-app</c> for <c>my_app</c>, as the gateway's hosts have it; null when that is no name.</summary>
    public static string? Label(string folder) => folder.Replace('_', '-') is var label && IsName(label) ? label : null;

    /// <exception cref="DistributedApplicationException">It is no such name.</exception>
    public static void CheckName(string name, string remedy = "")
    {
        if (!IsName(name))
            throw new DistributedApplicationException($"Tenant '{name}' cannot have that name: it must be a DNS label that begins with a letter, of letters, digits and single hyphens, at most 63 characters.{remedy}");
    }

    /// <exception cref="DistributedApplicationException">There is none.</exception>
    public static void CheckFolder(string tenant, string directory)
    {
        if (!Directory.Exists(directory))
            throw new DistributedApplicationException($"Tenant '{tenant}' has no folder: {directory} {(File.Exists(directory) ? "is a file" : "does not exist")}.");
    }

    /// <exception cref="DistributedApplicationException">It is no virtual environment, or one without an interpreter.</exception>
    public static void CheckVirtualEnvironment(string tenant, string directory)
    {
        string[] interpreters = OperatingSystem.IsWindows() ? ["Scripts/python.exe"] : ["bin/python", "bin/python3"];
        if (!Directory.Exists(directory))
            throw new DistributedApplicationException($"Tenant '{tenant}' has no virtual environment: {directory} does not exist; create it with python3 -m venv {directory}.");
        if (!interpreters.Any(file => File.Exists(Path.Join(directory, file))))
            throw new DistributedApplicationException($"Tenant '{tenant}' has a virtual environment without Python: {Path.Join(directory, interpreters[0])} does not exist; create it anew with python3 -m venv --clear {directory}.");
    }

    /// <exception cref="DistributedApplicationException">The gateway would not give it to an app.</exception>
    public static void CheckVariable(string tenant, string name)
    {
        if (EnvironmentName.Refusal(name) is { } reason)
            throw new DistributedApplicationException($"Tenant '{tenant}' cannot be given the variable {name}: {reason}.");
    }

    public static bool IsSamePath(string one, string other) =>
        string.Equals(Path.TrimEndingDirectorySeparator(one), Path.TrimEndingDirectorySeparator(other), OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);

    [GeneratedRegex("^(?=.{1,63}$)[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*$")]
    private static partial Regex Name();
}
