using System.Globalization;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Http;
using SnakeHost.Gateway.Profiling;

namespace SnakeHost.Gateway.Admin;

/// <summary>Where an app's time goes; see docs/profiling.md.</summary>
internal static class ProfileEndpoints
{
    /// <summary>Where profiles are that were taken, each under a key that is all its protection.</summary>
    public const string Kept = "/profiles";

    private const double Shortest = 0.1, Longest = 120, Usual = 10;

    private static readonly string[] s_types = ["application/json", "text/plain"];

    public static void MapProfiles(this WebApplication web, IAdminTenants tenants)
    {
        var kept = new KeptProfiles();
        web.MapPost("/api/tenants/{id}/profile", (HttpContext context, string id, string? seconds, string? mode, string? format, CancellationToken aborted) =>
                TakeAsync(context, tenants, kept, id, seconds, mode, format, aborted))
            .WithName("ProfileTenant").WithSummary("Samples a tenant's threads and tasks for so many seconds (10), by wall or cpu time, and answers with a flame graph (html), speedscope, collapsed or json")
            .Produces<string>(contentType: "text/html", additionalContentTypes: s_types)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        web.MapGet("/api/tenants/{id}/profile", (HttpContext context, string id, string? format) => Tell(context, kept, id, format))
            .WithName("GetProfile").WithSummary("The tenant's last profile, once more")
            .Produces<string>(contentType: "text/html", additionalContentTypes: s_types).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        web.MapGet(Kept + "/{key}", (HttpContext context, string key, string? format) => TellKept(context, kept, key, format))
            .WithName("GetKeptProfile").WithSummary("A profile, under the address that Content-Location of the answer to ProfileTenant names; it needs no token")
            .Produces<string>(contentType: "text/html", additionalContentTypes: s_types).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        web.MapGet("/api/tenants/{id}/imports", (HttpContext context, string id, string? format, CancellationToken aborted) => TellImportsAsync(context, tenants, id, format, aborted))
            .WithName("GetImports").WithSummary("What the tenant's last load has imported, and how long it took: a list (json), or a flame graph with a waterfall (html), speedscope or collapsed")
            .Produces<IReadOnlyList<ImportedModule>>().Produces<string>(contentType: "text/html", additionalContentTypes: "text/plain")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> TakeAsync(
        HttpContext context, IAdminTenants tenants, KeptProfiles kept, string id, string? seconds, string? mode, string? format, CancellationToken aborted)
    {
        if (!TryParse(format, ProfileFormat.Html, out var chosen))
            return BadFormat(format);
        var length = Usual;
        if (seconds is not null && (!double.TryParse(seconds, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out length) || length is not (>= Shortest and <= Longest)))
            return Bad($"seconds is '{seconds}': it must be a number from 0.1 to 120.");
        if (mode is not (null or ProfileOrder.Wall or ProfileOrder.Cpu))
            return Bad($"mode is '{mode}': it must be wall or cpu.");
        // Who has closed the connection may have ended only its own side, for all that TCP tells: still, nobody profiles for that one.
        using var left = CancellationTokenSource.CreateLinkedTokenSource(aborted, context.Features.Get<ClientConnection>()?.SendingEnded ?? default);
        try
        {
            var order = new ProfileOrder(length, mode == ProfileOrder.Cpu);
            return await kept.TakeAsync(id, () => tenants.ProfileAsync(id, order, left.Token)) is { } taken ? AnswerFirst(context, taken, chosen) : AdminEndpoints.NoSuchTenant(id);
        }
        catch (NoProfileException e)
        {
            return Results.Problem(e.Message, statusCode: StatusCodes.Status409Conflict);
        }
        catch (OperationCanceledException) when (left.IsCancellationRequested)
        {
            return Results.StatusCode(ClientConnection.ClosedRequest);
        }
    }

    private static IResult Tell(HttpContext context, KeptProfiles kept, string id, string? format) =>
        !TryParse(format, ProfileFormat.Html, out var chosen) ? BadFormat(format)
        : kept.Find(profile => profile.Tenant == id) is { } found ? Answer(context, id, found.Report, chosen)
        : Results.Problem($"Tenant '{id}' has not been profiled of late: POST /api/tenants/{id}/profile does it.", statusCode: StatusCodes.Status404NotFound);

    private static IResult TellKept(HttpContext context, KeptProfiles kept, string key, string? format) =>
        !TryParse(format, ProfileFormat.Html, out var chosen) ? BadFormat(format)
        : kept.Find(profile => profile.Key == key) is { } found ? Answer(context, found.Tenant, found.Report, chosen)
        : Results.Problem("This profile is not kept any more.", statusCode: StatusCodes.Status404NotFound);

    private static async Task<IResult> TellImportsAsync(HttpContext context, IAdminTenants tenants, string id, string? format, CancellationToken aborted)
    {
        if (!TryParse(format, ProfileFormat.Json, out var chosen))
            return BadFormat(format);
        try
        {
            if (await tenants.ImportsAsync(id, aborted) is not { } modules)
                return AdminEndpoints.NoSuchTenant(id);
            return chosen == ProfileFormat.Json ? Results.Ok(modules) : Answer(context, $"{id}-imports", ProfileReport.OfImports(id, modules), chosen);
        }
        catch (NoProfileException e)
        {
            return Results.Problem(e.Message, statusCode: StatusCodes.Status409Conflict);
        }
    }

    private static IResult AnswerFirst(HttpContext context, KeptProfile taken, ProfileFormat format)
    {
        context.Response.Headers.ContentLocation = $"{Kept}/{taken.Key}";
        return Answer(context, taken.Tenant, taken.Report, format);
    }

    private static IResult Answer(HttpContext context, string name, ProfileReport report, ProfileFormat format)
    {
        var (text, type, extension) = report.Render(format);
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = FlameGraph.Policy;
        if (format != ProfileFormat.Html)
            headers.ContentDisposition = $"attachment; filename=\"{Uri.EscapeDataString(name)}.{extension}\"";
        return Results.Stream(WriteAsync, type);

        async Task WriteAsync(Stream body)
        {
            await using var writer = new StreamWriter(body, bufferSize: 1 << 16, leaveOpen: true);
            foreach (var part in text)
                await writer.WriteAsync(part);
        }
    }

    private static bool TryParse(string? text, ProfileFormat usual, out ProfileFormat format)
    {
        format = usual;
        if (text is null)
            return true;
        foreach (var value in Enum.GetValues<ProfileFormat>())
        {
            if (value.Lower() == text)
            {
                format = value;
                return true;
            }
        }

        return false;
    }

    private static IResult BadFormat(string? format) => Bad($"format is '{format}': it must be html, speedscope, collapsed or json.");

    private static IResult Bad(string reason) => Results.Problem(reason, statusCode: StatusCodes.Status400BadRequest);
}
