using System.Diagnostics;
using System.Text.Json;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.AppHost;

/// <summary>What azd reads: the real AppHost, asked for its manifest.</summary>
public sealed class ManifestTests
{
    [Fact]
    public async Task TheGateway_IsAnImageWithTheAppsInIt_AndTenantsAreNoResources()
    {
        using var folder = new TemporaryFolder();
        var start = new ProcessStartInfo("dotnet", [typeof(Projects.SnakeHost_Gateway).Assembly.Location, "--publisher", "manifest", "--output-path", Path.Join(folder.Path, "manifest.json")])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = Path.Join(RepositoryFolder.Path, "SnakeHost.AppHost"),
        };
        using var process = ChildProcess.Start(start);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, output);

        using var manifest = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Join(folder.Path, "manifest.json"), TestContext.Current.CancellationToken));
        var resource = Assert.Single(manifest.RootElement.GetProperty("resources").EnumerateObject());
        Assert.Equal(("gateway", "container.v1"), (resource.Name, resource.Value.GetProperty("type").GetString()));
        var environment = resource.Value.GetProperty("env");
        Assert.Equal(":{gateway.bindings.http.targetPort}", environment.GetProperty("SnakeHost__Listen").GetString());
        Assert.Equal("off", environment.GetProperty("SnakeHost__Admin__Listen").GetString());
        Assert.Equal("/app/apps", environment.GetProperty("SnakeHost__Root").GetString());
        Assert.Equal("false", environment.GetProperty("SnakeHost__RouteDefaults__Autoreload__Enabled").GetString());
        Assert.Equal(("/api", "/app/apps/api"), (environment.GetProperty("SnakeHost__Routes__0__Path").GetString(), environment.GetProperty("SnakeHost__Routes__0__WorkingDirectory").GetString()));
        Assert.StartsWith("10.0.0.0/8;", environment.GetProperty("SnakeHost__TrustedProxies").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("ASPNETCORE_FORWARDEDHEADERS_ENABLED", environment.EnumerateObject().Select(variable => variable.Name));
        Assert.DoesNotContain("SnakeHost__Admin__Token", environment.EnumerateObject().Select(variable => variable.Name));
        Assert.True(resource.Value.GetProperty("bindings").GetProperty("http").GetProperty("external").GetBoolean());

        var build = resource.Value.GetProperty("build");
        Assert.Equal(RepositoryFolder.Path, Path.GetFullPath(build.GetProperty("context").GetString()!, folder.Path));
        var dockerfile = await File.ReadAllTextAsync(Path.GetFullPath(build.GetProperty("dockerfile").GetString()!, folder.Path), TestContext.Current.CancellationToken);
        Assert.Contains("RUN dotnet publish \"SnakeHost.Gateway/SnakeHost.Gateway.csproj\"", dockerfile, StringComparison.Ordinal);
        Assert.Contains("COPY --chown=$APP_UID [\"apps/\", \"/app/apps/\"]", dockerfile, StringComparison.Ordinal);
        Assert.Contains("ENTRYPOINT [\"dotnet\", \"SnakeHost.Gateway.dll\"]", dockerfile, StringComparison.Ordinal);
    }
}
