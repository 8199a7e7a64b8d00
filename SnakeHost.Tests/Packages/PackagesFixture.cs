using System.Diagnostics;
using System.Reflection;
using System.Security;
using System.Text.RegularExpressions;
using SnakeHost.Tests.Harness;
using SnakeHost.Tests.Packages;

[assembly: AssemblyFixture(typeof(PackagesFixture))]

namespace SnakeHost.Tests.Packages;

/// <summary>The packages, as <c>eng/pack</c> makes them of what has been built with the tests: once for a test run, when the first test asks. What is restored from them has a cache of its own.</summary>
public sealed partial class PackagesFixture : IDisposable
{
    private static readonly string s_configuration = typeof(PackagesFixture).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    private readonly Lazy<Task> _packed;
    private readonly TemporaryFolder _folder = new();

    public PackagesFixture() => _packed = new(() => RunAsync(RepositoryFolder.Path, Path.Join(RepositoryFolder.Path, "eng", "pack"), "--output", Feed, "--built", s_configuration));

    /// <summary>The folder of the packages.</summary>
    public string Feed => Path.Join(_folder.Path, "packages");

    /// <summary>
    /// A NuGet.config that adds <see cref="Feed"/>, for our own packages alone, to the machine's sources. What this build came from is in the machine's cache; a
    /// project that is not of this repository may need more: what a web project has from its framework, another has from packages.
    /// </summary>
    public string Configuration => Path.Join(_folder.Path, "NuGet.config");

    /// <summary>The one version that there is.</summary>
    public static string Version { get; } = VersionElement().Match(File.ReadAllText(Path.Join(RepositoryFolder.Path, "Directory.Build.props"))).Groups[1].Value;

    public async Task PackAsync()
    {
        await _packed.Value;
        var sources = EnabledSource().Matches(await RunAsync(RepositoryFolder.Path, "dotnet", "nuget", "list", "source")).Select(match => SecurityElement.Escape(match.Groups[1].Value));
        await File.WriteAllTextAsync(
            Configuration,
            $"""
            <configuration>
              <packageSources><add key="local" value="{Feed}" /></packageSources>
              <config><add key="globalPackagesFolder" value="{Path.Join(_folder.Path, "cache")}" /></config>
              <fallbackPackageFolders><clear /><add key="machine" value="{Cache}" /></fallbackPackageFolders>
              <auditSources><clear /></auditSources>
              <packageSourceMapping>
                <clear />
                <packageSource key="local"><package pattern="snakehost*" /></packageSource>
                {string.Concat(sources.Select(source => $"""<packageSource key="{source}"><package pattern="*" /></packageSource>"""))}
              </packageSourceMapping>
            </configuration>
            """);
    }

    /// <summary>Runs a program of .NET's SDK; what it printed when that fails is the failure's message.</summary>
    internal static async Task<string> RunAsync(string directory, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        // What the test run's own host has set for itself.
        start.Environment.Remove("MSBUILD_EXE_PATH");
        using var process = ChildProcess.Start(start);
        process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(deadline.Token), process.StandardError.ReadToEndAsync(deadline.Token));
            await process.WaitForExitAsync(deadline.Token);
            var text = await output + await errors;
            Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.\n{text}");
            return text;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static string Cache => Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    [GeneratedRegex(@"^ *\d+\. +(.+) \[Enabled\]\r?$", RegexOptions.Multiline)]
    private static partial Regex EnabledSource();

    [GeneratedRegex("<Version>(.+)</Version>")]
    private static partial Regex VersionElement();
}
