using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.AppHost;

/// <summary>What the orchestrator tells of an application's resources. States and lines come each in their own time: a resource that has ended may still have lines to come.</summary>
internal static class RunningApplication
{
    /// <summary>The first snapshot, the one that is there or one to come, that satisfies the condition.</summary>
    public static async Task<CustomResourceSnapshot> SnapshotAsync(
        this DistributedApplication application, string resource, Func<CustomResourceSnapshot, bool> condition, CancellationToken cancellationToken) =>
        (await application.ResourceNotifications.WaitForResourceAsync(resource, found => condition(found.Snapshot), cancellationToken)).Snapshot;

    /// <summary>Waits for a line of the resource's console, printed already or yet to come, that holds all these.</summary>
    public static async Task LineAsync(this DistributedApplication application, string resource, CancellationToken cancellationToken, params string[] parts)
    {
        var lines = new OutputLines();
        using var found = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = ReadAsync();
        try
        {
            await lines.WaitForAsync(line => parts.All(part => line.Contains(part, StringComparison.Ordinal)), $"a line of {resource} with '{string.Join("' and '", parts)}'");
        }
        finally
        {
            await found.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task ReadAsync()
        {
            await foreach (var some in Loggers(application).WatchAsync(Id(application, resource)).WithCancellation(found.Token))
            {
                foreach (var line in some)
                    lines.Add(line.Content);
            }
        }
    }

    /// <summary>The lines of the resource's console that are there.</summary>
    public static async Task<List<string>> LinesAsync(this DistributedApplication application, string resource, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        await foreach (var lines in Loggers(application).GetAllAsync(Id(application, resource)).WithCancellation(cancellationToken))
            found.AddRange(lines.Select(static line => line.Content));
        return found;
    }

    private static ResourceLoggerService Loggers(DistributedApplication application) => application.Services.GetRequiredService<ResourceLoggerService>();

    private static string Id(DistributedApplication application, string resource)
    {
        Assert.True(application.ResourceNotifications.TryGetCurrentState(resource, out var current), resource);
        return current.ResourceId;
    }
}
