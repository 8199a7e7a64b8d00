using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Reload;

/// <summary>What is watched for a tenant before anything of it is loaded.</summary>
internal static class TenantTarget
{
    public static WatchTarget Of(TenantSpecification specification, WatchFilter filter) => new(
        specification.WorkingDirectory,
        filter,
        [.. specification.EnvFiles, .. Venvs(specification)],
        specification.Venv);

    /// <summary>Whether a changed file, as shown, may lead a request to another tenant.</summary>
    public static bool DecidesOnVenv(string path) => Path.GetFileName(path) == "pyvenv.cfg";

    // A venv that comes into being makes another tenant of the folder.
    private static IEnumerable<string> Venvs(TenantSpecification specification) =>
        (specification.Venv is { } venv ? [venv] : (IEnumerable<string>)[Path.Join(specification.WorkingDirectory, ".venv"), Path.Join(specification.WorkingDirectory, "venv")])
        .Select(directory => Path.Join(directory, "pyvenv.cfg"));
}
