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
    public async Task WhatCompilesAhead_IsAskedForByAPublishOnly()
    {
        var (build, publish) = (await PropertiesAsync(), await PropertiesAsync("-p:_IsPublishing=true"));
        Assert.Equal("", build[ReadyToRun]);
        Assert.NotEqual(build["FeedFile"], publish["FeedFile"]);
        Assert.Equal("false", (await PropertiesAsync("-p:_IsPublishing=true", $"-p:{ReadyToRun}=false"))[ReadyToRun]);
    }

    private static async Task<Dictionary<string, string>> PropertiesAsync(params string[] arguments)
    {
        string[] wanted = ["FeedFile", ReadyToRun, .. s_switches, .. s_switches.Select(name => name.Replace("Use", "FeedHas", StringComparison.Ordinal))];
        var start = new ProcessStartInfo("dotnet", ["msbuild", Path.Join(RepositoryFolder.Path, "eng", "Feed.proj"), $"-getProperty:{string.Join(',', wanted)}", .. arguments])
        {
            RedirectStandardOutput = true,
        };
        using var process = ChildProcess.Start(start);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, output);
        using var document = JsonDocument.Parse(output);
        return document.RootElement.GetProperty("Properties").EnumerateObject().ToDictionary(property => property.Name, property => property.Value.GetString()!);
    }
}
