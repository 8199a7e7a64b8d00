using Aspire.Hosting.ApplicationModel;

namespace SnakeHost.Hosting;

/// <summary>What every tenant has: its first snapshot, its icon, its commands.</summary>
internal static class TenantAnnotations
{
    public const string ResourceType = "PythonTenant";

    public static void AddTo(PythonTenantResource tenant)
    {
        tenant.Annotations.Add(new ResourceSnapshotAnnotation(DashboardSnapshots.First(tenant)));
        tenant.Annotations.Add(new ResourceIconAnnotation("AppGeneric"));
        tenant.Annotations.Add(Command(
            "reload", "Reload", "Loads the app anew from its source; the old one answers until then.", "ArrowClockwise", confirmation: null, TenantCommands.ReloadAsync(tenant)));
        tenant.Annotations.Add(Command(
            "evict", "Evict", "Unloads the app; the next request loads it again.", "Eject", "Unload the app? Requests in flight are finished.", TenantCommands.EvictAsync(tenant)));
    }

    private static ResourceCommandAnnotation Command(
        string name, string displayName, string description, string icon, string? confirmation, Func<ExecuteCommandContext, Task<ExecuteCommandResult>> execute) =>
        new(name, displayName, UpdateState, execute, description, arguments: null, confirmation, icon, IconVariant.Regular, isHighlighted: name == "reload");

    /// <summary>Only what is loaded, or has failed to load, can be reloaded or evicted.</summary>
    private static ResourceCommandState UpdateState(UpdateCommandStateContext context) =>
        context.ResourceSnapshot.State?.Text is nameof(TenantState.Running) or nameof(TenantState.Reloading) or nameof(TenantState.Failed)
            ? ResourceCommandState.Enabled
            : ResourceCommandState.Disabled;
}
