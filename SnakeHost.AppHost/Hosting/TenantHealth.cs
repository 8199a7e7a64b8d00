using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SnakeHost.AppHost.Hosting;

/// <summary>Asks an app how it is, as a browser would, by way of the gateway.</summary>
/// <remarks>Aspire asks only while the tenant is Running, so that no app is loaded by it.</remarks>
internal static class TenantHealth
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    // The gateway is on this machine, and a redirect is an answer.
    private static readonly HttpClient s_http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false });

    public static void Add(IResourceBuilder<PythonTenantResource> builder, string path, int statusCode)
    {
        var tenant = builder.Resource;
        var key = string.Create(CultureInfo.InvariantCulture, $"{tenant.Parent.Name}_{tenant.Name}_{path}_{statusCode}_check");
        builder.ApplicationBuilder.Services.AddHealthChecks().AddAsyncCheck(key, cancellationToken => CheckAsync(tenant, path, statusCode, cancellationToken), tags: null, s_patience);
        builder.WithHealthCheck(key);
    }

    private static async Task<HealthCheckResult> CheckAsync(PythonTenantResource tenant, string path, int statusCode, CancellationToken cancellationToken)
    {
        var endpoint = tenant.Parent.GetEndpoint(SnakeGatewayResource.HttpEndpoint);
        if (!endpoint.IsAllocated)
            return HealthCheckResult.Unhealthy($"{tenant.Parent.Name} has not been started.");
        using var request = new HttpRequestMessage(HttpMethod.Get, endpoint.Url.TrimEnd('/') + path);
        request.Headers.Host = $"{tenant.Name.ToLowerInvariant()}.localhost";
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
}
