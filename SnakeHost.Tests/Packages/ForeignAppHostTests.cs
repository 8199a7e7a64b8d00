using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using SnakeHost.Tests.AppHost;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Packages;

/// <summary>An AppHost that is not of this repository: it references the package, which brings the gateway.</summary>
[Collection(nameof(OrchestratorTests))]
public sealed partial class ForeignAppHostTests(PackagesFixture packages) : IDisposable
{
    private const int SigTerm = 15;

    private const string Program =
        """
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = args, DisableDashboard = true });
        builder.AddSnakeGateway("gateway").WithTenants("../apps");
        builder.Build().Run();
        """;

    private readonly TemporaryFolder _folder = new();

    private string Folder => Path.Join(_folder.Path, "Foreign.AppHost");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ItBuilds_ServesATenant_AndPublishesTheSameGateway()
    {
        await packages.PackAsync();
        _folder.File("apps/hello/main.py", "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'Hello from afar\\n']\n");
        _folder.File("Foreign.AppHost/Program.cs", Program);
        _folder.File("Foreign.AppHost/Foreign.AppHost.csproj", await ProjectAsync());
        File.Copy(packages.Configuration, Path.Join(Folder, "NuGet.config"));
        await PackagesFixture.RunAsync(Folder, "dotnet", "build", "-v", "quiet", "-p:UseSharedCompilation=false", "-nodeReuse:false");

        await ServesAsync();

        await PackagesFixture.RunAsync(Folder, "dotnet", Assembly, "--publisher", "manifest", "--output-path", Path.Join(_folder.Path, "out", "manifest.json"));
        var dockerfile = await File.ReadAllTextAsync(Directory.EnumerateFiles(Path.Join(_folder.Path, "out"), "*ockerfile*").Single(), TestContext.Current.CancellationToken);
        Assert.Contains($"RUN dotnet tool install snakehost --version {PackagesFixture.Version} ", dockerfile, StringComparison.Ordinal);
        Assert.Contains("[\"apps/hello/\", \"/apps/hello/\"]", dockerfile, StringComparison.Ordinal);
        Assert.Contains("ENTRYPOINT [\"tini\", \"--\", \"snakehost\"]", dockerfile, StringComparison.Ordinal);
        var manifest = await File.ReadAllTextAsync(Path.Join(_folder.Path, "out", "manifest.json"), TestContext.Current.CancellationToken);
        Assert.DoesNotContain(".dll", manifest, StringComparison.Ordinal);
    }

    private string Assembly => Path.Join(Folder, "bin", "Debug", "net10.0", "Foreign.AppHost.dll");

    private async Task ServesAsync()
    {
        var output = new OutputLines();
        using var process = new Process { StartInfo = new ProcessStartInfo("dotnet", [Assembly]) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true } };
        process.StartInfo.Environment["DOTNET_ENVIRONMENT"] = "Development";
        process.OutputDataReceived += (_, line) => output.Add(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => output.Add(line.Data ?? "");
        ChildProcess.Start(process);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            var line = await output.WaitForAsync(Answers().IsMatch, "the line that says where the apps answer", TimeSpan.FromMinutes(3));
            using var client = Loopback.ClientFor(new IPEndPoint(IPAddress.Loopback, int.Parse(Answers().Match(line).Groups[1].Value, null)), () => string.Join('\n', output.All));
            Assert.Equal("Hello from afar\n", await client.GetStringAsync(new Uri("http://hello.localhost/"), TestContext.Current.CancellationToken));
            Assert.Equal(0, SendSignal(process.Id, SigTerm));
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>With the versions of this repository, which are in the machine's cache.</summary>
    private static async Task<string> ProjectAsync()
    {
        var versions = await File.ReadAllTextAsync(Path.Join(RepositoryFolder.Path, "Directory.Packages.props"));
        var own = await File.ReadAllTextAsync(Path.Join(RepositoryFolder.Path, "SnakeHost.AppHost", "SnakeHost.AppHost.csproj"));
        return $"""
            <Project Sdk="{Sdk().Match(own).Groups[1].Value}">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Aspire.Hosting.AppHost" Version="{AppHostVersion().Match(versions).Groups[1].Value}" />
                <PackageReference Include="SnakeHost.Hosting" Version="{PackagesFixture.Version}" />
              </ItemGroup>
            </Project>
            """;
    }

    [GeneratedRegex(@"The apps of gateway answer at http://NAME\.dev\.localhost:(\d+)/")]
    private static partial Regex Answers();

    [GeneratedRegex("Sdk=\"(.+?)\"")]
    private static partial Regex Sdk();

    [GeneratedRegex("Include=\"Aspire.Hosting.AppHost\" Version=\"(.+?)\"")]
    private static partial Regex AppHostVersion();

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int SendSignal(int process, int signal);
}
