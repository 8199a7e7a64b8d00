using System.Net;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.AppHost;

/// <summary>The AppHost of this repository as <c>dotnet run</c> starts it, by Aspire's orchestrator, without the dashboard.</summary>
/// <remarks>Alone: the orchestrator gives a process a fixed time to end, which a machine that is busy with all the other tests may not keep.</remarks>
[CollectionDefinition(nameof(OrchestratorTests), DisableParallelization = true), Collection(nameof(OrchestratorTests))]
public sealed class OrchestratorTests
{
    [Fact]
    public async Task TheSamples_AreResourcesThatAnswer_AndThatARestartOfTheGatewayBringsBack()
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromMinutes(3));
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.SnakeHost_AppHost>(deadline.Token);
        builder.Services.AddLogging(static logging => logging.ClearProviders());
        builder.CreateResourceBuilder(builder.Resources.OfType<PythonTenantResource>().Single(tenant => tenant.Name == "hello")).WithHttpHealthCheck("/well").WithHttpHealthCheck("/ill", 503);
        await using var application = await builder.BuildAsync(deadline.Token);
        await application.StartAsync(deadline.Token);
        await application.ResourceNotifications.WaitForResourceHealthyAsync("gateway", deadline.Token);
        await StateAsync(KnownResourceStates.NotStarted);

        await AskAsync();
        var running = await StateAsync(KnownResourceStates.Running);
        Assert.Equal(Path.Join(RepositoryFolder.Path, "apps", "hello"), running.Properties.Single(property => property.Name == "Directory").Value);
        var asked = await SnapshotAsync(snapshot => snapshot.HealthReports.All(report => report.Status is not null));
        Assert.Equal(
            [("gateway_admin", HealthStatus.Healthy), ("gateway_hello_/ill_503_check", HealthStatus.Unhealthy), ("gateway_hello_/well_200_check", HealthStatus.Healthy)],
            asked.HealthReports.Select(report => (report.Name, report.Status!.Value)).Order());

        var restart = await application.ResourceCommands.ExecuteCommandAsync("gateway", KnownResourceCommands.RestartCommand, deadline.Token);
        Assert.True(restart.Success, restart.Message);
        await StateAsync(KnownResourceStates.NotStarted);
        // The states on the way are no reason to give up.
        await application.ResourceNotifications.WaitForResourceHealthyAsync("gateway", WaitBehavior.WaitOnResourceUnavailable, deadline.Token);
        await AskAsync();
        await StateAsync(KnownResourceStates.Running);

        var reload = await application.ResourceCommands.ExecuteCommandAsync("hello", "reload", deadline.Token);
        Assert.True(reload.Success, reload.Message);
        await application.StopAsync(deadline.Token);

        Task<CustomResourceSnapshot> StateAsync(string state) => SnapshotAsync(snapshot => snapshot.State?.Text == state);

        async Task<CustomResourceSnapshot> SnapshotAsync(Func<CustomResourceSnapshot, bool> condition) =>
            (await application.ResourceNotifications.WaitForResourceAsync("hello", found => condition(found.Snapshot), deadline.Token)).Snapshot;

        async Task AskAsync()
        {
            var endpoint = application.GetEndpoint("gateway", "http");
            using var client = Loopback.ClientFor(new IPEndPoint(IPAddress.Loopback, endpoint.Port), () => "");
            Assert.StartsWith("Hello, world", await client.TextAsync(new UriBuilder(endpoint) { Host = "hello.dev.localhost" }.Uri), StringComparison.Ordinal);
        }
    }
}
