using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace SnakeHost.Hosting;

/// <summary>What the dashboard's buttons do, through the gateway's admin listener.</summary>
internal static class TenantCommands
{
    public static Func<ExecuteCommandContext, Task<ExecuteCommandResult>> ReloadAsync(PythonTenantResource tenant) => context => AskAsync(tenant, async admin =>
        await admin.ReloadAsync(Id(tenant), context.CancellationToken) switch
        {
            null => CommandResults.Failure($"{tenant.Name} is not loaded."),
            { Outcome: "loaded" } loaded => CommandResults.Success(string.Create(CultureInfo.InvariantCulture, $"Generation {loaded.Generation} is ready after {loaded.DurationMs:0} ms.")),
            { Error: { } error } => CommandResults.Failure($"{error.Type}: {error.Message}"),
            { Outcome: var outcome } => CommandResults.Failure($"{tenant.Name}: {outcome}."),
        });

    public static Func<ExecuteCommandContext, Task<ExecuteCommandResult>> EvictAsync(PythonTenantResource tenant) => context => AskAsync(tenant, async admin =>
        await admin.EvictAsync(Id(tenant), context.CancellationToken) ? CommandResults.Success() : CommandResults.Failure($"{tenant.Name} is not loaded."));

    /// <summary>The gateway writes ids in lower case.</summary>
    public static string Id(PythonTenantResource tenant) => tenant.Name.ToLowerInvariant();

    private static async Task<ExecuteCommandResult> AskAsync(PythonTenantResource tenant, Func<AdminApiClient, Task<ExecuteCommandResult>> ask)
    {
        try
        {
            using var admin = await GatewayFollower.ConnectAsync(tenant.Parent, CancellationToken.None);
            return await ask(admin);
        }
        catch (HttpRequestException e)
        {
            return CommandResults.Failure($"{tenant.Parent.Name} cannot be reached: {e.Message}");
        }
    }
}
