using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SnakeHost.Hosting;

/// <summary>Follows a gateway as long as the application runs, from the moment at which its addresses are known.</summary>
internal static partial class GatewayFollower
{
    public static void Attach(IResourceBuilder<SnakeGatewayResource> gateway)
    {
        var resource = gateway.Resource;
        var started = 0;
        gateway.OnResourceEndpointsAllocated((_, allocated, _) =>
        {
            // A restart allocates them again; who follows finds the gateway by itself.
            if (Interlocked.Exchange(ref started, 1) == 0)
                _ = FollowAsync(resource, allocated.Services);
            return Task.CompletedTask;
        });

        var key = $"{resource.Name}_admin";
        gateway.ApplicationBuilder.Services.AddHealthChecks().AddAsyncCheck(key, cancellationToken => CheckAsync(resource, cancellationToken));
        gateway.WithHealthCheck(key);
        // A tenant has no start of its own: what it waits for, the gateway waits for.
        gateway.ApplicationBuilder.Eventing.Subscribe<BeforeStartEvent>((_, _) =>
        {
            foreach (var wait in resource.Tenants.SelectMany(tenant => tenant.Annotations.OfType<WaitAnnotation>()).Where(wait => wait.Resource != resource).ToList())
                resource.Annotations.Add(wait);
            return Task.CompletedTask;
        });
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

    /// <summary>Nobody waits for it: it tells of its failure itself.</summary>
    private static async Task FollowAsync(SnakeGatewayResource gateway, IServiceProvider services)
    {
        var stopping = services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        try
        {
            await RunAsync(gateway, services, stopping);
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            Log.Lost(services.GetRequiredService<ILoggerFactory>().CreateLogger("SnakeHost"), gateway.Name, e);
        }
        catch (Exception)
        {
            // The application ends.
        }
    }

    private static async Task RunAsync(SnakeGatewayResource gateway, IServiceProvider services, CancellationToken stopping)
    {
        var time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        var tenants = new TenantResources(
            gateway, services.GetRequiredService<DistributedApplicationModel>(), services.GetRequiredService<ResourceNotificationService>(), services.GetRequiredService<ResourceLoggerService>(), time);
        using var admin = await ConnectAsync(gateway, stopping);
        using var watch = new GatewayWatch(admin, tenants.StatusAsync, tenants.LineAsync, time);
        await tenants.ShowAddressesAsync();
        // For who has a terminal and no browser.
        var names = string.Join(", ", gateway.Tenants.Select(tenant => tenant.Name.ToLowerInvariant()).Order(StringComparer.Ordinal));
        if (names.Length > 0)
            Log.Answers(services.GetRequiredService<ILoggerFactory>().CreateLogger("SnakeHost"), gateway.Name, gateway.GetEndpoint(SnakeGatewayResource.HttpEndpoint).Port, names);
        var tasks = new List<Task> { watch.RunAsync(stopping) };
        if (gateway.AppsDirectory is { } apps)
        {
            var known = gateway.Tenants.Where(tenant => TenantRules.IsSamePath(Path.GetDirectoryName(tenant.Directory) ?? "", apps)).Select(tenant => Path.GetFileName(tenant.Directory));
            tasks.Add(new AppFolders(apps, known, tenants.FoldersChangedAsync, time).RunAsync(stopping));
        }

        await Task.WhenAll(tasks);
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

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The apps of {Gateway} answer at http://NAME.dev.localhost:{Port}/, with one of these for NAME: {Names}")]
        public static partial void Answers(ILogger logger, string gateway, int port, string names);

        [LoggerMessage(2, LogLevel.Error, "The tenants of {Gateway} are served, but no longer followed here")]
        public static partial void Lost(ILogger logger, string gateway, Exception exception);
    }
}
