using System.Text.Json;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Admin;

/// <summary>The admin API; see docs/admin.md.</summary>
internal static class AdminEndpoints
{
    public static void MapAdmin(this WebApplication web, TenantRegistry tenants, OutputHistory output, IHostApplicationLifetime gateway)
    {
        web.MapGet("/", static () => Results.Content(AdminPage.Html, "text/html; charset=utf-8"));
        web.MapGet("/alive", static () => Results.Text("Healthy"));
        web.MapGet("/health", () => gateway.ApplicationStarted.IsCancellationRequested && !gateway.ApplicationStopping.IsCancellationRequested
            ? Results.Text("Healthy")
            : Results.Text("Unhealthy", statusCode: StatusCodes.Status503ServiceUnavailable));
        web.MapGet("/api/tenants", tenants.Snapshot);
        web.MapGet("/api/tenants/{id}", (string id) => tenants.Find(id) is { } tenant ? Results.Ok(tenant.ToSnapshot()) : NoSuchTenant(id));
        web.MapPost("/api/tenants/{id}/reload", async (string id, CancellationToken aborted) =>
            await tenants.ReloadAsync(id, ReloadReason.Manual, aborted) is { } result ? Results.Ok(AdminReload.From(id, result)) : NoSuchTenant(id));
        web.MapPost("/api/tenants/{id}/evict", async (string id) =>
            await tenants.EvictAsync(id) ? Results.NoContent() : NoSuchTenant(id));
        web.MapGet("/api/events", (HttpContext context) => StreamAsync(context, tenants));
        web.MapGet("/api/log", (HttpContext context) => AdminLog.StreamAsync(context, output, tenant: null));
        web.MapGet("/api/tenants/{id}/log", (HttpContext context, string id) => AdminLog.StreamAsync(context, output, id));
    }

    private static IResult NoSuchTenant(string id) => Results.Problem($"There is no tenant '{id}'.", statusCode: StatusCodes.Status404NotFound);

    /// <summary>Server-sent events (WHATWG HTML, 9.2): <c>event</c> is the kind, <c>data</c> the JSON.</summary>
    private static async Task StreamAsync(HttpContext context, TenantRegistry tenants)
    {
        using var subscription = tenants.Events.Subscribe();
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        // A first line tells the client that from here on nothing is missed.
        await context.Response.WriteAsync(": connected\n\n", context.RequestAborted);
        try
        {
            await foreach (var next in subscription.ReadAllAsync(context.RequestAborted))
            {
                var data = JsonSerializer.Serialize(AdminEvent.From(next), AdminJsonContext.Default.AdminEvent);
                await context.Response.WriteAsync($"event: {next.Kind.ToString().ToLowerInvariant()}\ndata: {data}\n\n", context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // The client has left.
        }
    }
}
