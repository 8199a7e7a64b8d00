using Aspire.Hosting.ApplicationModel;

namespace SnakeHost.Hosting;

/// <summary>What every tenant has: its first snapshot, its icon, its links, its commands.</summary>
internal static class TenantAnnotations
{
    public const string ResourceType = "PythonTenant";

    public static void AddTo(PythonTenantResource tenant)
    {
        Describe(tenant);
        tenant.Annotations.Add(new ResourceIconAnnotation("AppGeneric"));
        // Before any that the user adds, who may change what these have made.
        tenant.Annotations.Insert(0, new ResourceUrlsCallbackAnnotation(context => NameLinks(tenant, context)));
        tenant.Annotations.Add(Command(
            KnownResourceCommands.StartCommand, "Start", "Loads the app now; else its first request does.", "Play", confirmation: null, IsUnloaded, TenantCommands.StartAsync(tenant)));
        tenant.Annotations.Add(Command(
            "reload", "Reload", "Loads the app anew from its source; the old one answers until then.", "ArrowClockwise", confirmation: null, IsLoaded, TenantCommands.ReloadAsync(tenant)));
        tenant.Annotations.Add(Command(
            "debug", "Debug", "Loads the app with debugpy, in a process of its own, and tells where an editor attaches. Breakpoints stop this app only.", "Bug", confirmation: null, IsLoaded, TenantCommands.DebugAsync(tenant)));
        tenant.Annotations.Add(Command(
            "stop-debug", "Stop debugging", "Cuts editors off, and loads the app without debugpy.", "DismissCircle", confirmation: null, IsLoaded, TenantCommands.StopDebugAsync(tenant)));
        tenant.Annotations.Add(Command(
            "requests", "Requests", "Shows what runs now: each request, with what its Python code is doing.", "TextBulletListSquare", confirmation: null, IsLoaded, TenantCommands.RequestsAsync(tenant)));
        tenant.Annotations.Add(Command(
            "profile", "Profile 10 s", "Samples the app for ten seconds and shows where its time goes.", "Timer", confirmation: null, IsLoaded, TenantCommands.ProfileAsync(tenant)));
        tenant.Annotations.Add(new ResourceCommandAnnotation(
            "install-packages",
            "Install packages",
            // In any state: it may be what lets the app be loaded.
            _ => TenantPackages.Of(tenant).Files.Count > 0 ? ResourceCommandState.Enabled : ResourceCommandState.Hidden,
            PackageCommand.InstallAsync(tenant),
            "Makes the app's virtual environment of its requirements.txt, pyproject.toml or uv.lock, or brings it up to date; what is installed already costs nothing.",
            arguments: null,
            confirmationMessage: null,
            "BoxArrowUp",
            IconVariant.Regular,
            isHighlighted: false));
        tenant.Annotations.Add(Command(
            "evict", "Evict", "Unloads the app; the next request loads it again.", "Stop", "Unload the app? Requests in flight are finished.", IsLoaded, TenantCommands.EvictAsync(tenant)));
    }

    /// <summary>Its first snapshot, anew when something has been said of it.</summary>
    public static void Describe(PythonTenantResource tenant)
    {
        foreach (var former in tenant.Annotations.OfType<ResourceSnapshotAnnotation>().ToList())
            tenant.Annotations.Remove(former);
        tenant.Annotations.Add(new ResourceSnapshotAnnotation(DashboardSnapshots.First(tenant)));
    }

    private static ResourceCommandAnnotation Command(
        string name, string displayName, string description, string icon, string? confirmation, Func<string?, bool> isEnabled, Func<ExecuteCommandContext, Task<ExecuteCommandResult>> execute) =>
        new(
            name,
            displayName,
            context => isEnabled(context.ResourceSnapshot.State?.Text) ? ResourceCommandState.Enabled : ResourceCommandState.Disabled,
            execute,
            description,
            arguments: null,
            confirmation,
            icon,
            IconVariant.Regular,
            isHighlighted: name == KnownResourceCommands.StartCommand || name == "reload");

    private static bool IsLoaded(string? state) => state is nameof(TenantState.Running) or nameof(TenantState.Reloading) || state == KnownResourceStates.FailedToStart;

    private static bool IsUnloaded(string? state) => state == KnownResourceStates.NotStarted || state == KnownResourceStates.Exited || state == KnownResourceStates.FailedToStart;

    /// <summary>The name is for browsers; other clients may not resolve it, and need the path.</summary>
    private static void NameLinks(PythonTenantResource tenant, ResourceUrlsCallbackContext context)
    {
        var links = context.Urls.Where(url => url.Endpoint?.EndpointName == PythonTenantResource.HttpEndpoint).ToList();
        if (links.Count == 0)
            return;
        links[0].Url = $"{links[0].Url}/";
        foreach (var other in links.Skip(1))
        {
            other.Url = $"http://localhost:{tenant.Endpoint.AllocatedEndpoint?.Port}/{tenant.Segment}/";
            other.DisplayLocation = UrlDisplayLocation.DetailsOnly;
        }
    }
}
