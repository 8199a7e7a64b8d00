using System.Globalization;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using SnakeHost.Gateway.Admin;

namespace SnakeHost.Hosting;

/// <summary>What the dashboard's buttons do, through the gateway's admin listener. Each gives back, as JSON, what has come of it.</summary>
internal static class TenantCommands
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Func<ExecuteCommandContext, Task<ExecuteCommandResult>> StartAsync(PythonTenantResource tenant) => context => AskAsync(
        tenant, async admin => Result(tenant, await admin.StartAsync(tenant.LocalHost, context.CancellationToken)), context.CancellationToken);

    public static Func<ExecuteCommandContext, Task<ExecuteCommandResult>> ReloadAsync(PythonTenantResource tenant) => context => AskAsync(
        tenant, async admin => Result(tenant, await admin.ReloadAsync(tenant.Id, context.CancellationToken)), context.CancellationToken);

    public static Func<ExecuteCommandContext, Task<ExecuteCommandResult>> EvictAsync(PythonTenantResource tenant) => context => AskAsync(
        tenant,
        async admin => await admin.EvictAsync(tenant.Id, context.CancellationToken) ? CommandResults.Success($"{tenant.Name} is unloaded.") : NotLoaded(tenant),
        context.CancellationToken);

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
