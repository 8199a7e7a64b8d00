using System.Globalization;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using SnakeHost.Gateway.Admin;
using SnakeHost.Gateway.Apps;

namespace SnakeHost.Hosting;

/// <summary>What the dashboard's buttons do, through the gateway's admin listener. Each gives back, as JSON, what has come of it.</summary>
internal static class TenantCommands
{
    private const int ProfileSeconds = 10;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Func<ExecuteCommandContext, Task<ExecuteCommandResult>> StartAsync(PythonTenantResource tenant) => context => AskAsync(
        tenant, async admin => Result(tenant, await admin.StartAsync(tenant.LocalHost, context.CancellationToken)), context.CancellationToken);

    public static Func<ExecuteCommandContext, Task<ExecuteCommandResult>> ReloadAsync(PythonTenantResource tenant) => context => AskAsync(
        tenant, async admin => Result(tenant, await admin.ReloadAsync(tenant.Id, context.CancellationToken)), context.CancellationToken);

    public static Func<ExecuteCommandContext, Task<ExecuteCommandResult>> EvictAsync(PythonTenantResource tenant) => context => AskAsync(
        tenant,
        async admin => await admin.EvictAsync(tenant.Id, context.CancellationToken)
            ? CommandResults.Success($"{tenant.Name} is unloaded.", JsonSerializer.Serialize(new { tenant = tenant.Id, outcome = "evicted" }, s_json), CommandResultFormat.Json)
            : NotLoaded(tenant),
        context.CancellationToken);

    public static Func<ExecuteCommandContext, Task<ExecuteCommandResult>> DebugAsync(PythonTenantResource tenant) => context => AskAsync(
        tenant,
        async admin => await admin.DebugAsync(tenant.Id, context.CancellationToken) switch
        {
            // What fails to load is debugged as well: the next save loads it there.
            { Debug: { } debug } => CommandResults.Success(
                string.Create(CultureInfo.InvariantCulture, $"{Failed(debug)}Attach an editor to {debug.Host}:{debug.Port}: VS Code by this entry of launch.json, PyCharm by Attach to DAP."),
                JsonSerializer.Serialize(debug.Launch, s_json), CommandResultFormat.Json),
            (_, var problem) => CommandResults.Failure(problem!),
        },
        context.CancellationToken);

    public static Func<ExecuteCommandContext, Task<ExecuteCommandResult>> StopDebugAsync(PythonTenantResource tenant) => context => AskAsync(
        tenant,
        async admin => await admin.StopDebugAsync(tenant.Id, context.CancellationToken) is { } problem ? CommandResults.Failure(problem) : CommandResults.Success($"{tenant.Name} is debugged no more."),
        context.CancellationToken);

    private static string Failed(AdminDebug debug) => debug.Reload?.Error is { } error ? $"It cannot be loaded: {error.Type}: {error.Message}. " : "";

    public static Func<ExecuteCommandContext, Task<ExecuteCommandResult>> RequestsAsync(PythonTenantResource tenant) => context => AskAsync(
        tenant,
        async admin => await admin.RequestsAsync(tenant.Id, context.CancellationToken) is { } requests
            ? CommandResults.Success(Count(requests), RequestsReport.Write(tenant.Name, requests), CommandResultFormat.Markdown, displayImmediately: true)
            : NotLoaded(tenant),
        context.CancellationToken);

    /// <summary>The page stays at the gateway, under an address that a browser needs no token for.</summary>
    public static Func<ExecuteCommandContext, Task<ExecuteCommandResult>> ProfileAsync(PythonTenantResource tenant) => context => AskAsync(
        tenant,
        async admin =>
        {
            var (page, problem) = await admin.ProfileAsync(tenant.Id, ProfileSeconds, context.CancellationToken);
            return page is null
                ? CommandResults.Failure(problem)
                : CommandResults.Success(
                    $"{tenant.Name} was sampled for {ProfileSeconds} s.",
                    $"**[Flame graph of {tenant.Name}]({page})**\n\nAs a file: [speedscope]({page}?format=speedscope), [collapsed stacks]({page}?format=collapsed)\n",
                    CommandResultFormat.Markdown,
                    displayImmediately: true);
        },
        context.CancellationToken);

    private static string Count(IReadOnlyList<RunningRequest> requests) => requests.Count switch
    {
        0 => "No request is under way.",
        1 => "One request is under way.",
        var count => $"{count} requests are under way.",
    };

    private static ExecuteCommandResult Result(PythonTenantResource tenant, AdminReload? load)
    {
        if (load is null)
            return NotLoaded(tenant);
        var json = JsonSerializer.Serialize(load, s_json);
        return load switch
        {
            { Outcome: "loaded" } => CommandResults.Success(
                string.Create(CultureInfo.InvariantCulture, $"Generation {load.Generation} is ready after {load.DurationMs:0} ms."), json, CommandResultFormat.Json),
            { Error: { } error } => CommandResults.Failure($"{error.Type}: {error.Message}", json, CommandResultFormat.Json),
            _ => CommandResults.Failure($"{tenant.Name}: {load.Outcome}.", json, CommandResultFormat.Json),
        };
    }

    private static ExecuteCommandResult NotLoaded(PythonTenantResource tenant) => CommandResults.Failure($"{tenant.Name} is not loaded.");

    private static async Task<ExecuteCommandResult> AskAsync(PythonTenantResource tenant, Func<AdminApiClient, Task<ExecuteCommandResult>> ask, CancellationToken cancellationToken)
    {
        try
        {
            using var admin = await GatewayFollower.ConnectAsync(tenant.Parent, cancellationToken);
            return await ask(admin);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return CommandResults.Canceled();
        }
        catch (HttpRequestException e)
        {
            return CommandResults.Failure($"{tenant.Parent.Name} cannot be reached: {e.Message}");
        }
    }
}
