using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SnakeHost.Hosting;

/// <summary>Follows a gateway as long as the application runs, from the moment at which its addresses are known.</summary>
internal sealed partial class GatewayFollower
{
    private const int LastLines = 20;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly SnakeGatewayResource _gateway;
    private int _started;
    private TenantResources? _tenants;

    private GatewayFollower(SnakeGatewayResource gateway) => _gateway = gateway;

    public static void Attach(IResourceBuilder<SnakeGatewayResource> gateway)
    {
        var resource = gateway.Resource;
        var follower = new GatewayFollower(resource);
        // A restart allocates them again; who follows finds the gateway by itself.
        gateway.OnResourceEndpointsAllocated((_, allocated, cancellationToken) =>
            Interlocked.Exchange(ref follower._started, 1) == 0 ? follower.StartAsync(allocated.Services, cancellationToken) : Task.CompletedTask);

        var key = $"{resource.Name}_admin";
        gateway.ApplicationBuilder.Services.AddHealthChecks().AddAsyncCheck(key, cancellationToken => CheckAsync(resource, cancellationToken));
        gateway.WithHealthCheck(key);
        // A tenant does not start by itself: who waits for it would wait for its first request.
        gateway.ApplicationBuilder.Eventing.Subscribe<BeforeResourceStartedEvent>((starting, _) => follower.LoadAsync(
            [.. starting.Resource.Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource).OfType<PythonTenantResource>().Where(tenant => tenant.Parent == resource).Distinct()]));
    }

    /// <summary>A client of the gateway's admin listener.</summary>
    /// <exception cref="HttpRequestException">Its address is not known yet.</exception>
    public static async Task<AdminApiClient> ConnectAsync(SnakeGatewayResource gateway, CancellationToken cancellationToken)
    {
        var admin = gateway.GetEndpoint(SnakeGatewayResource.AdminEndpoint);
        return admin.IsAllocated
            ? new AdminApiClient(new Uri(admin.Url), await gateway.AdminToken.GetValueAsync(cancellationToken) ?? "")
            : throw new HttpRequestException("it has not been started");
    }

    private async Task StartAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var tenants = new TenantResources(
            _gateway,
            services.GetRequiredService<DistributedApplicationModel>(),
            services.GetRequiredService<ResourceNotificationService>(),
            services.GetRequiredService<ResourceLoggerService>(),
            services.GetRequiredService<IDistributedApplicationEventing>(),
            services,
            services.GetService<TimeProvider>() ?? TimeProvider.System);
        await tenants.AllocateAsync(cancellationToken);
        _tenants = tenants;
        _ = FollowAsync(tenants, services);
    }

    /// <summary>Those that somebody waits for: now if there is a gateway, else when there is one.</summary>
    private async Task LoadAsync(IReadOnlyList<PythonTenantResource> awaited)
    {
        foreach (var tenant in awaited)
        {
            tenant.IsAwaited = true;
            if (_tenants is { } tenants)
                await tenants.StartAsync(tenant);
        }
    }

    /// <summary>Nobody waits for it: it tells of its failure itself.</summary>
    private async Task FollowAsync(TenantResources tenants, IServiceProvider services)
    {
        var stopping = services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        try
        {
            await RunAsync(tenants, services, stopping);
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            Log.Lost(services.GetRequiredService<ILoggerFactory>().CreateLogger("SnakeHost"), _gateway.Name, e);
        }
        catch (Exception)
        {
            // The application ends.
        }
        finally
        {
            tenants.Dispose();
        }
    }

    private async Task RunAsync(TenantResources tenants, IServiceProvider services, CancellationToken stopping)
    {
        var time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        var terminal = services.GetRequiredService<ILoggerFactory>().CreateLogger("SnakeHost");
        using var admin = await ConnectAsync(_gateway, stopping);
        using var watch = new GatewayWatch(admin, tenants.StatusAsync, tenants.LineAsync, isServing => ServesAsync(tenants, isServing, terminal), time);
        var tasks = new List<Task> { watch.RunAsync(stopping), FollowProcessAsync(tenants, services, terminal, stopping) };
        foreach (var folder in _gateway.Unnamed)
            Log.NotShown(terminal, folder);
        foreach (var tenant in _gateway.Tenants.Where(tenant => tenant.IsDiscovered && !string.Equals(tenant.Segment, tenant.Name, StringComparison.Ordinal)))
            Log.Renamed(terminal, tenant.Segment, tenant.Name);
        if (_gateway.AppsDirectory is { } apps)
        {
            var known = _gateway.Tenants.Where(tenant => TenantRules.IsSamePath(Path.GetDirectoryName(tenant.Directory) ?? "", apps)).Select(tenant => Path.GetFileName(tenant.Directory)).Concat(_gateway.Unnamed);
            tasks.Add(new AppFolders(apps, known, tenants.FoldersChangedAsync, time).RunAsync(stopping));
        }

        await Task.WhenAll(tasks);
    }

    /// <summary>For who has a terminal and no browser: the address, once something answers there.</summary>
    private async Task ServesAsync(TenantResources tenants, bool isServing, ILogger terminal)
    {
        var isFirst = isServing && !tenants.HasServed;
        await tenants.ServesAsync(isServing);
        var names = string.Join(", ", _gateway.Tenants.Select(tenant => tenant.Name.ToLowerInvariant()).Order(StringComparer.Ordinal));
        if (isFirst && names.Length > 0)
            Log.Answers(terminal, _gateway.Name, _gateway.GetEndpoint(SnakeGatewayResource.HttpEndpoint).Port, names);
    }

    /// <summary>The gateway's own state, which is its tenants' while it does not serve.</summary>
    private async Task FollowProcessAsync(TenantResources tenants, IServiceProvider services, ILogger terminal, CancellationToken stopping)
    {
        var hasEnded = false;
        await foreach (var change in services.GetRequiredService<ResourceNotificationService>().WatchAsync(stopping))
        {
            if (change.Resource != _gateway)
                continue;
            await tenants.GatewayAsync(change.Snapshot);
            var ends = KnownResourceStates.TerminalStates.Contains(change.Snapshot.State?.Text);
            if (ends && !hasEnded && !tenants.HasServed)
            {
                var lines = await LastLinesAsync(services.GetRequiredService<ResourceLoggerService>(), change.ResourceId, stopping);
                Log.Ended(terminal, _gateway.Name, change.Snapshot.State?.Text, change.Snapshot.ExitCode is { } code ? $", exit code {code}" : "", string.Concat(lines.Select(line => $"{Environment.NewLine}{line}")));
            }

            hasEnded = ends;
        }
    }

    private static async Task<IEnumerable<string>> LastLinesAsync(ResourceLoggerService loggers, string resource, CancellationToken cancellationToken)
    {
        var last = new Queue<string>();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        try
        {
            await foreach (var lines in loggers.GetAllAsync(resource).WithCancellation(patience.Token))
            {
                foreach (var line in lines)
                {
                    if (last.Count == LastLines)
                        last.Dequeue();
                    last.Enqueue(Time().Replace(line.Content, ""));
                }
            }
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The orchestrator has nothing to tell: that it has ended is told all the same.
        }

        return last;
    }

    private static async Task<HealthCheckResult> CheckAsync(SnakeGatewayResource gateway, CancellationToken cancellationToken)
    {
        try
        {
            using var admin = await ConnectAsync(gateway, cancellationToken);
            return await admin.HealthAsync(cancellationToken);
        }
        catch (HttpRequestException e)
        {
            return HealthCheckResult.Unhealthy(e.Message);
        }
    }

    /// <summary>With which the orchestrator begins each line.</summary>
    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\S+Z? ")]
    private static partial Regex Time();

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The apps of {Gateway} answer at http://NAME.dev.localhost:{Port}/, with one of these for NAME: {Names}")]
        public static partial void Answers(ILogger logger, string gateway, int port, string names);

        [LoggerMessage(2, LogLevel.Error, "The tenants of {Gateway} are served, but no longer followed here")]
        public static partial void Lost(ILogger logger, string gateway, Exception exception);

        [LoggerMessage(3, LogLevel.Error, "{Gateway} has ended ({State}{ExitCode}) before its apps could answer. Its last words:{Lines}")]
        public static partial void Ended(ILogger logger, string gateway, string? state, string exitCode, string lines);

        [LoggerMessage(5, LogLevel.Warning, "The folder {Folder} is served and shown as {Name}: a host has no underscores.")]
        public static partial void Renamed(ILogger logger, string folder, string name);

        [LoggerMessage(4, LogLevel.Warning, "The folder {Folder} is served, but not shown: its name makes no DNS label that begins with a letter.")]
        public static partial void NotShown(ILogger logger, string folder);
    }
}
