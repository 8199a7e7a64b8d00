using System.Text.Json;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Http;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Tenants;
using EnvironmentName = SnakeHost.Gateway.Configuration.EnvironmentName;

namespace SnakeHost.Gateway.Admin;

/// <summary>The admin API; see docs/admin.md.</summary>
internal static class AdminEndpoints
{
    public static void MapAdmin(this WebApplication web, IAdminTenants tenants)
    {
        web.MapOpenApi(AdminDocument.Path);
        web.MapGet("/", static () => Results.Content(AdminPage.Html, "text/html; charset=utf-8"))
            .WithSummary("The list of tenants as a page").Produces<string>(contentType: "text/html");
        web.MapGet("/alive", static () => Results.Text("Healthy"))
            .WithSummary("Whether the process answers").Produces<string>(contentType: "text/plain");
        web.MapGet("/health", () => Health(tenants.Health))
            .WithSummary("Whether requests are accepted; Degraded when Python does not answer, or a worker is missing")
            .Produces<string>(contentType: "text/plain").Produces<string>(StatusCodes.Status503ServiceUnavailable, "text/plain");
        web.MapGet("/api/tenants", tenants.ListAsync).WithName("ListTenants")
            .WithSummary("All tenants that are loaded, have failed or are being loaded, sorted by id");
        web.MapGet("/api/tenants/{id}", async (string id, CancellationToken aborted) => await tenants.FindAsync(id, aborted) is { } tenant ? Results.Ok(tenant) : NoSuchTenant(id))
            .WithName("GetTenant").WithSummary("One tenant")
            .Produces<TenantSnapshot>().ProducesProblem(StatusCodes.Status404NotFound);
        web.MapGet("/api/tenants/{id}/requests", async (string id, CancellationToken aborted) => await tenants.RequestsAsync(id, aborted) is { } requests ? Results.Ok(requests) : NoSuchTenant(id))
            .WithName("ListRequests").WithSummary("A tenant's requests under way, the oldest first, each with what its Python code is doing")
            .Produces<IReadOnlyList<RunningRequest>>().ProducesProblem(StatusCodes.Status404NotFound);
        web.MapPost("/api/tenants", (string? url, CancellationToken aborted) => StartAsync(tenants, url, aborted))
            .WithName("StartTenant").WithSummary("Loads the tenant that a request to this URL would reach, and waits for it; one that is loaded stays as it is")
            .Produces<AdminReload>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        web.MapPut("/api/variables/{prefix}", (string prefix, Dictionary<string, string>? variables, CancellationToken aborted) => HandOverAsync(tenants, prefix, variables, aborted))
            .WithName("SetVariables").WithSummary("Hands over the variables that routes with this EnvPrefix and EnvLater wait for")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status400BadRequest);
        web.MapPost("/api/tenants/{id}/reload", async (string id, CancellationToken aborted) => await tenants.ReloadAsync(id, aborted) is { } result ? Results.Ok(result) : NoSuchTenant(id))
            .WithName("ReloadTenant").WithSummary("Loads the next generation and waits for it; a load that fails is an answer too")
            .Produces<AdminReload>().ProducesProblem(StatusCodes.Status404NotFound);
        web.MapPost("/api/tenants/{id}/evict", async (string id, CancellationToken aborted) => await tenants.EvictAsync(id, aborted) ? Results.NoContent() : NoSuchTenant(id))
            .WithName("EvictTenant").WithSummary("Removes a tenant; the next request loads it again")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);
        web.MapPost("/api/tenants/{id}/install", (string id, bool? recreate, CancellationToken aborted) => InstallAsync(tenants, id, recreate ?? false, aborted))
            .WithName("InstallPackages").WithSummary("Makes a tenant's virtual environment of what its folder says, or brings it up to date, and loads the tenant with it; Development only")
            .Produces<AdminInstall>().ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        web.MapPost("/api/tenants/{id}/debug", (string id, int? port, bool? wait, CancellationToken aborted) => DebugAsync(tenants, id, port, wait ?? false, aborted))
            .WithName("DebugTenant").WithSummary("Loads a tenant with a debugger, and tells where editors attach; Development only. One that is debugged stays as it is")
            .Produces<AdminDebug>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
        web.MapGet("/api/tenants/{id}/debug", async (string id, CancellationToken aborted) => await tenants.FindDebugAsync(id, aborted) is { } debug ? Results.Ok(debug) : NotDebugged(id))
            .WithName("GetTenantDebug").WithSummary("Where editors attach to a tenant")
            .Produces<AdminDebug>().ProducesProblem(StatusCodes.Status404NotFound);
        web.MapDelete("/api/tenants/{id}/debug", async (string id, CancellationToken aborted) => await tenants.StopDebugAsync(id, aborted) ? Results.NoContent() : NotDebugged(id))
            .WithName("StopDebugTenant").WithSummary("Ends a tenant's debugger, and loads the tenant without one")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);
        web.MapGet("/api/tenants/{id}/memory", async (string id, CancellationToken aborted) => await tenants.MemoryAsync(id, aborted) is { } memory ? Results.Ok(memory) : NoSuchTenant(id))
            .WithName("GetMemory").WithSummary("What a tenant has in memory, what its loads have added, and what keeps old generations there")
            .Produces<AdminMemory>().ProducesProblem(StatusCodes.Status404NotFound);
        web.MapProfiles(tenants);
        web.MapGet("/api/events", (HttpContext context, CancellationToken aborted) => StreamAsync(context, tenants.Events, aborted)).WithName("StreamEvents")
            .WithSummary("Server-sent events, one for each change of a tenant's state; the data is the JSON of the schema")
            .Produces<AdminEvent>(contentType: "text/event-stream");
        web.MapGet("/api/log", (HttpContext context, CancellationToken aborted) => AdminLog.StreamAsync(context, tenants.Output, null, aborted)).WithName("StreamLog")
            .WithSummary("Server-sent events, one for each line that an app prints: the last lines of each app, then what comes")
            .Produces<OutputLine>(contentType: "text/event-stream");
        web.MapGet("/api/tenants/{id}/log", (HttpContext context, string id, CancellationToken aborted) => AdminLog.StreamAsync(context, tenants.Output, id, aborted)).WithName("StreamTenantLog")
            .WithSummary("The same for one app, whether it is loaded or not")
            .Produces<OutputLine>(contentType: "text/event-stream");
    }

    private static async Task<IResult> StartAsync(IAdminTenants tenants, string? url, CancellationToken aborted)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            return Results.Problem($"'{url}' is no URL of a tenant.", statusCode: StatusCodes.Status400BadRequest);
        var start = await tenants.StartAsync(address, aborted);
        return start.Result is { } result ? Results.Ok(result) : Results.Problem(start.Problem, statusCode: start.Status);
    }

    private static async Task<IResult> InstallAsync(IAdminTenants tenants, string id, bool recreates, CancellationToken aborted) =>
        await tenants.InstallAsync(id, recreates, aborted) switch
        {
            { Install: { } install } => Results.Ok(install),
            { Problem: null } => NoSuchTenant(id),
            var end => Results.Problem(end.Problem, statusCode: end.Status),
        };

    private static async Task<IResult> DebugAsync(IAdminTenants tenants, string id, int? port, bool waits, CancellationToken aborted)
    {
        if (port is < 1 or > ushort.MaxValue)
            return Results.Problem($"'{port}' is no port: it must be from 1 to {ushort.MaxValue}.", statusCode: StatusCodes.Status400BadRequest);
        var start = await tenants.DebugAsync(id, port, waits, aborted);
        return start switch
        {
            { Debug: { } debug } => Results.Ok(debug),
            { Problem: null } => NoSuchTenant(id),
            _ => Results.Problem(start.Problem, statusCode: start.Status),
        };
    }

    private static async Task<IResult> HandOverAsync(IAdminTenants tenants, string prefix, Dictionary<string, string>? variables, CancellationToken aborted)
    {
        if (variables is null)
            return Results.Problem("The body is no JSON object of variables.", statusCode: StatusCodes.Status400BadRequest);
        if (variables.Keys.FirstOrDefault(static name => EnvironmentName.Refusal(name) is not null) is { } name)
            return Results.Problem($"{name} cannot be set: {EnvironmentName.Refusal(name)}.", statusCode: StatusCodes.Status400BadRequest);
        await tenants.HandOverAsync(prefix, variables, aborted);
        return Results.NoContent();
    }

    /// <summary>As ASP.NET Core's health checks put it: what is degraded is in service, and the text says what is the matter.</summary>
    private static IResult Health(AdminHealth health) => health switch
    {
        { IsAccepting: false } => Results.Text("Unhealthy", statusCode: StatusCodes.Status503ServiceUnavailable),
        { Trouble: { } trouble } => Results.Text($"Degraded\n{trouble}"),
        _ => Results.Text("Healthy"),
    };

    internal static IResult NoSuchTenant(string id) => Results.Problem($"There is no tenant '{id}'.", statusCode: StatusCodes.Status404NotFound);

    private static IResult NotDebugged(string id) => Results.Problem($"'{id}' is not debugged.", statusCode: StatusCodes.Status404NotFound);

    /// <summary><c>event</c> is the kind, <c>data</c> the JSON.</summary>
    private static async Task StreamAsync(HttpContext context, TenantEvents events, CancellationToken aborted)
    {
        using var subscription = events.Subscribe();
        await EventStream.SendAsync(
            context,
            subscription.ReadAllAsync(aborted).Select(next => next.ToAdmin()).Select(next => EventStream.Event(next.Kind, JsonSerializer.Serialize(next, AdminJsonContext.Default.AdminEvent))),
            aborted);
    }
}
