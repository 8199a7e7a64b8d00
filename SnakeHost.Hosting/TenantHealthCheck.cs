using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SnakeHost.Hosting;

/// <summary>Asks an app how it is, as a browser would, by way of the gateway.</summary>
/// <remarks>
/// Only one that runs: Aspire begins to ask when the tenant runs for the first time, and goes on when it has been evicted or fails. A request would load the app again. What it
/// said last holds until it runs again, so that one that was never well does not pass for ready.
/// </remarks>
internal sealed class TenantHealthCheck(PythonTenantResource tenant, string path, int statusCode, ResourceNotificationService notifications) : IHealthCheck
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    // The gateway is on this machine, and a redirect is an answer.
    private static readonly HttpClient s_http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false });

    private HealthCheckResult _last = HealthCheckResult.Unhealthy("It has not been asked yet.");

    /// <exception cref="DistributedApplicationException">The tenant is asked there already.</exception>
    public static void Add(IResourceBuilder<PythonTenantResource> builder, string path, int statusCode)
    {
        var tenant = builder.Resource;
        var key = string.Create(CultureInfo.InvariantCulture, $"{tenant.Parent.Name}_{tenant.Name}_{path}_{statusCode}_check");
        // Names of checks are the same in either case.
        if (tenant.Annotations.OfType<HealthCheckAnnotation>().Any(other => string.Equals(other.Key, key, StringComparison.OrdinalIgnoreCase)))
            throw new DistributedApplicationException($"Tenant '{tenant.Name}' is asked for its health at {path} already.");
        TenantHealthCheck? check = null;
        builder.ApplicationBuilder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            key,
            services => check ??= new TenantHealthCheck(tenant, path, statusCode, services.GetRequiredService<ResourceNotificationService>()),
            failureStatus: null,
            tags: null,
            s_timeout));
        builder.WithHealthCheck(key);
    }

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        await IsRunningAsync(cancellationToken) ? _last = await AskAsync(cancellationToken) : _last;

    private async Task<HealthCheckResult> AskAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, tenant.Parent.GetEndpoint(SnakeGatewayResource.HttpEndpoint).Url.TrimEnd('/') + path);
        request.Headers.Host = tenant.LocalHost;
        // By the caller's decision it is no trace (W3C Trace Context, section 3.2.2.5).
        request.Headers.Add("traceparent", "00-11111111111111111111111111111111-1111111111111111-00");
        try
        {
            using var response = await s_http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return (int)response.StatusCode == statusCode
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy(string.Create(CultureInfo.InvariantCulture, $"{path} answered {(int)response.StatusCode}, not {statusCode}."));
        }
        catch (HttpRequestException e)
        {
            return HealthCheckResult.Unhealthy(e.Message);
        }
    }

    private async Task<bool> IsRunningAsync(CancellationToken cancellationToken)
    {
        if (!notifications.TryGetCurrentState(tenant.Name, out var now) || now.Snapshot.State?.Text is not (nameof(TenantState.Running) or nameof(TenantState.Reloading)))
            return false;
        // The tenant's state comes after the gateway's. By its model's name: its process has another one.
        var gateway = await notifications.WaitForResourceAsync(tenant.Parent.Name, static _ => true, cancellationToken);
        return gateway.Snapshot.State?.Text == KnownResourceStates.Running;
    }
}
