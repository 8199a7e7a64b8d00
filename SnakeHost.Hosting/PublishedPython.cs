using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace SnakeHost.Hosting;

/// <summary>The one Python of an image, for all tenants: that of a <c>.python-version</c>, else this machine's.</summary>
internal static partial class PublishedPython
{
    private const string File = ".python-version";

    /// <summary>As images of Python are tagged: <c>3.13</c>, or <c>3</c> where nothing says which.</summary>
    /// <exception cref="DistributedApplicationException">Two files say different things, or a tenant does not run on it.</exception>
    public static string Choose(SnakeGatewayResource gateway, string context, IEnumerable<TenantPackages> tenants)
    {
        var all = tenants.ToList();
        var said = all.Select(packages => packages.Tenant.Directory).Append(gateway.AppsDirectory).Append(context).OfType<string>()
            .Select(folder => Path.Join(folder, File)).Where(System.IO.File.Exists).Distinct(StringComparer.Ordinal)
            .Select(file => (File: file, Version: Read(file))).ToList();
        if (said.FirstOrDefault(other => other.Version != said[0].Version) is { File: { } second })
            throw new DistributedApplicationException($"'{gateway.Name}' cannot be published with two Pythons, as all tenants share one: {said[0].File} says {said[0].Version}, {second} {Read(second)}.");
        var version = said.Count > 0 ? said[0].Version : OfThisMachine(gateway.PythonExecutable ?? "python3");
        if (version is not null && all.FirstOrDefault(packages => packages.RequiresPython is { } required && !Meets(version, required)) is { } tenant)
        {
            throw new DistributedApplicationException(
                $"Tenant '{tenant.Tenant.Name}' cannot be published with Python {version}, {(said.Count > 0 ? $"of {said[0].File}" : "this machine's")}: it requires {tenant.RequiresPython}. Say another version in a file {File}.");
        }

        return version ?? "3";
    }

    /// <summary>Whether a version is one of those (PyPA, version specifiers), by its first two numbers: an image has the newest of them.</summary>
    internal static bool Meets(string version, string specifiers) => specifiers.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).All(specifier =>
    {
        if (Specifier().Match(specifier) is not { Success: true } match)
            return true;
        var order = Number(version).CompareTo(Number(match.Groups[2].Value));
        return match.Groups[1].Value switch
        {
            ">=" or ">" => order >= 0,
            "<=" => order <= 0,
            // Below a patch of the same one is an older patch of it.
            "<" => order < 0 || (order == 0 && match.Groups[2].Value.Count(character => character == '.') > 1),
            "==" => match.Groups[2].Value.Contains('.', StringComparison.Ordinal) ? order == 0 : Number(version) / 1000 == Number(match.Groups[2].Value) / 1000,
            "~=" => match.Groups[2].Value.Count(character => character == '.') > 1 ? order == 0 : order >= 0 && Number(version) / 1000 == Number(match.Groups[2].Value) / 1000,
            "!=" => order != 0 || match.Groups[2].Value.Count(character => character == '.') > 1,
            _ => true,
        };
    });

    private static int Number(string version)
    {
        var parts = version.Split('.');
        return (int.Parse(parts[0], CultureInfo.InvariantCulture) * 1000) + (parts.Length > 1 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var minor) ? minor : 0);
    }

    private static string Read(string file)
    {
        var line = System.IO.File.ReadLines(file).Select(line => line.Trim()).FirstOrDefault(line => line.Length > 0 && !line.StartsWith('#')) ?? "";
        return Version().IsMatch(line) ? line : throw new DistributedApplicationException($"{file} says '{line}', which is no version of CPython, such as 3.13.");
    }

    private static string? OfThisMachine(string executable)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(executable, ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var version = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return Version().IsMatch(version) ? version : null;
        }
        catch (Win32Exception)
        {
            // None here: whoever builds the image need not have one.
            return null;
        }
    }

    [GeneratedRegex(@"^3\.\d+(\.\d+)?$")]
    private static partial Regex Version();

    [GeneratedRegex(@"^(>=|<=|==|~=|!=|>|<)\s*(\d+(?:\.\d+)*)")]
    private static partial Regex Specifier();
}
