using System.Diagnostics;
using System.Text.Json;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests;

/// <summary>Which of the packages that a feed may lack are used: eng/Feed.props.</summary>
public sealed class FeedTests
{
    private const string ReadyToRun = "UseReadyToRun";

    private static readonly string[] s_switches = ["UseAspire", "UsePythonNet", "UseOpenTelemetryHosting", "UseServiceDiscovery"];

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task ASwitch_Overrides_WhatTheFeedHas(string value)
    {
        var properties = await PropertiesAsync([.. s_switches.Select(name => $"-p:{name}={value}")]);
        Assert.All(s_switches, name => Assert.Equal(value, properties[name]));
    }

    [Fact]
    public async Task WithoutASwitch_WhatTheFeedHas_IsUsed()
    {
        var properties = await PropertiesAsync();
        Assert.All(s_switches, name => Assert.Equal(properties[name.Replace("Use", "FeedHas", StringComparison.Ordinal)], properties[name]));
        // Built with other sources than this process would use: then there is no answer for these yet.
        var answers = File.Exists(properties["FeedFile"]) ? new[] { "true", "false" } : [""];
        Assert.All(s_switches, name => Assert.Contains(properties[name], answers));
    }

    [Fact]
    public async Task AnotherFeed_IsAnotherAnswer()
    {
        var here = await PropertiesAsync();
        var elsewhere = await PropertiesAsync("-p:RestoreSources=/nowhere");
        Assert.NotEqual(here["FeedFile"], elsewhere["FeedFile"]);
        Assert.Equal("", elsewhere["UseAspire"]);
    }

    [Fact]
    public async Task AnotherConfigurationOfTheUser_IsAnotherAnswer()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "It lies elsewhere there, and no property says where.");
        using var folder = new TemporaryFolder();
        var before = await PropertiesAsync($"-p:DOTNET_CLI_HOME={folder.Path}");
        folder.File(".nuget/NuGet/NuGet.Config", "<configuration />");
        Assert.NotEqual(before["FeedFile"], (await PropertiesAsync($"-p:DOTNET_CLI_HOME={folder.Path}"))["FeedFile"]);
    }

    [Fact]
    public async Task WhatCompilesAhead_IsAskedForByAPublishOnly()
    {
        var (build, publish) = (await PropertiesAsync(), await PropertiesAsync("-p:_IsPublishing=true"));
        Assert.Equal("", build[ReadyToRun]);
        Assert.NotEqual(build["FeedFile"], publish["FeedFile"]);
        Assert.Equal("false", (await PropertiesAsync("-p:_IsPublishing=true", $"-p:{ReadyToRun}=false"))[ReadyToRun]);
    }

    [Theory]
    [InlineData("App.csproj", "HOME")]
    [InlineData("App.slnx", "HOME")]
    [InlineData("App.csproj", "DOTNET_CLI_HOME")]
    public async Task TheFirstBuildOnAMachine_WhichMakesNuGetsConfiguration_UsesWhatItFound(string entry, string homeVariable)
    {
        using var folder = new TemporaryFolder();
        var home = folder.Folder("home");
        var clone = CloneWithoutPackages(folder);
        var start = new ProcessStartInfo("dotnet", ["build", Path.Join(clone, entry)]) { RedirectStandardOutput = true };
        start.Environment.Remove("DOTNET_CLI_HOME");
        start.Environment["HOME"] = folder.Folder("elsewhere");
        start.Environment[homeVariable] = start.Environment["APPDATA"] = home;
        start.Environment["NUGET_PACKAGES"] = Path.Join(home, "packages");
        // What else a machine's first command does reaches beyond that folder.
        start.Environment["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = start.Environment["DOTNET_ADD_GLOBAL_TOOLS_TO_PATH"] = "false";
        start.Environment["DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE"] = start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "true";

        var output = await OutputAsync(start);

        Assert.NotEmpty(Directory.GetFiles(home, "NuGet.Config", SearchOption.AllDirectories));
        Assert.Contains("restored with Python.NET: true", output);
        Assert.Contains("built with Python.NET: true", output);
    }

    /// <summary>What looks at the feed, but with a project in place of each package's that needs no feed and finds the package.</summary>
    private static string CloneWithoutPackages(TemporaryFolder folder)
    {
        foreach (var file in new[]
        {
            "eng/Feed.props", "eng/Feed.targets", "eng/Feed.proj", "Directory.Build.targets", "Directory.Solution.props", "Directory.Solution.targets",
        })
            folder.File(Path.Join("clone", file), File.ReadAllText(Path.Join(RepositoryFolder.Path, file)));
        folder.File("clone/Directory.Build.props", "<Project><Import Project=\"eng/Feed.props\" /></Project>");
        folder.File("clone/App.slnx", "<Solution><Project Path=\"App.csproj\" /></Solution>");
        folder.File("clone/App.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <Target Name="TellRestore" BeforeTargets="CollectPackageReferences"><Message Importance="high" Text="restored with Python.NET: $(UsePythonNet)" /></Target>
              <Target Name="TellBuild" BeforeTargets="CoreCompile"><Message Importance="high" Text="built with Python.NET: $(UsePythonNet)" /></Target>
            </Project>
            """);
        folder.File("clone/eng/FeedPackage.csproj", """
            <Project>
              <PropertyGroup>
                <ImportDirectoryBuildProps>false</ImportDirectoryBuildProps>
                <ImportDirectoryBuildTargets>false</ImportDirectoryBuildTargets>
              </PropertyGroup>
              <Import Project="Sdk.props" Sdk="Microsoft.NET.Sdk" />
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <Import Project="Sdk.targets" Sdk="Microsoft.NET.Sdk" />
              <Target Name="Answer" Returns="@(Answer)"><ItemGroup><Answer Include="true" Package="$(FeedPackage)" /></ItemGroup></Target>
            </Project>
            """);
        return Path.Join(folder.Path, "clone");
    }

    private static async Task<Dictionary<string, string>> PropertiesAsync(params string[] arguments)
    {
        string[] wanted = ["FeedFile", ReadyToRun, .. s_switches, .. s_switches.Select(name => name.Replace("Use", "FeedHas", StringComparison.Ordinal))];
        var start = new ProcessStartInfo("dotnet", ["msbuild", Path.Join(RepositoryFolder.Path, "eng", "Feed.proj"), $"-getProperty:{string.Join(',', wanted)}", .. arguments])
        {
            RedirectStandardOutput = true,
        };
        using var document = JsonDocument.Parse(await OutputAsync(start));
        return document.RootElement.GetProperty("Properties").EnumerateObject().ToDictionary(property => property.Name, property => property.Value.GetString()!);
    }

    private static async Task<string> OutputAsync(ProcessStartInfo start)
    {
        using var process = ChildProcess.Start(start);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, output);
        return output;
    }
}
