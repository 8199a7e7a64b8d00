using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Images;

/// <summary><c>compose.yaml</c>, as docker-compose reads it: it has the schema of the Compose specification.</summary>
public sealed class ComposeTests
{
    [Fact]
    public async Task ItIsWhatComposeKnows_AndFitsTheImage()
    {
        Assert.SkipUnless(PythonProcess.IsInstalled("docker-compose"), "docker-compose is not installed.");
        var text = await PythonProcess.ProgramAsync("env", "POSTGRES_PASSWORD=secret", "docker-compose", "--file", Path.Join(RepositoryFolder.Path, "compose.yaml"), "config");
        using var compose = JsonDocument.Parse(await PythonProcess.RunAsync("/usr/bin/python3", "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.argv[1])))", text));

        var services = compose.RootElement.GetProperty("services");
        var gateway = services.GetProperty("gateway");
        Assert.True(gateway.GetProperty("deploy").GetProperty("replicas").GetInt32() >= 2);
        Assert.True(gateway.GetProperty("read_only").GetBoolean());
        Assert.Equal($"{Path.Join(RepositoryFolder.Path, "apps")}:{Dockerfile.Environment["SnakeHost__Root"]}:rw", gateway.GetProperty("volumes")[0].GetString());
        var variables = gateway.GetProperty("environment").EnumerateObject().ToDictionary(variable => variable.Name, variable => (string?)variable.Value.GetString());
        var options = Settings.Read(variables.Where(variable => variable.Key.StartsWith("SnakeHost__", StringComparison.Ordinal)).ToDictionary());
        Assert.Equal(compose.RootElement.GetProperty("networks").GetProperty("default").GetProperty("ipam").GetProperty("config")[0].GetProperty("subnet").GetString(), Assert.Single(options.TrustedProxies));
        foreach (var (variable, service) in new[] { ("DATABASE_URL", "postgres"), ("REDIS_URL", "redis") })
        {
            Assert.Equal(service, new Uri(variables[variable]!).Host);
            Assert.True(services.TryGetProperty(service, out _));
        }

        // Nobody but the balancer is reached from outside, and it leads to the gateways.
        Assert.Equal(["balancer"], services.EnumerateObject().Where(service => service.Value.TryGetProperty("ports", out _)).Select(service => service.Name));
        Assert.Contains($"dynamic a gateway {options.Listen[0].TrimStart(':')}", await File.ReadAllTextAsync(Path.Join(RepositoryFolder.Path, "deploy", "Caddyfile"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheBalancersConfiguration_IsOne()
    {
        Assert.SkipUnless(PythonProcess.IsInstalled("caddy"), "caddy is not installed.");
        string[] file = ["--adapter", "caddyfile", "--config", Path.Join(RepositoryFolder.Path, "deploy", "Caddyfile")];
        await PythonProcess.ProgramAsync("caddy", ["validate", .. file]);

        // Nanoseconds. An idle connection is given up before a gateway that ends closes it, or a POST would meet that.
        var adapted = await PythonProcess.ProgramAsync("caddy", ["adapt", .. file]);
        var keptFor = Regex.Match(adapted, """
            "keep_alive":{[^}]*"idle_timeout":(\d+)
            """);
        var drain = Regex.Match(await File.ReadAllTextAsync(Path.Join(RepositoryFolder.Path, "compose.yaml"), TestContext.Current.CancellationToken), "SnakeHost__Drain: (\\d+)s");
        Assert.True(keptFor.Success && drain.Success, adapted);
        Assert.InRange(long.Parse(keptFor.Groups[1].Value, CultureInfo.InvariantCulture) / 1e9, 0, int.Parse(drain.Groups[1].Value, CultureInfo.InvariantCulture) - 0.5);
    }
}
