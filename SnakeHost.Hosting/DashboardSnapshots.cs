using System.Collections.Immutable;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace SnakeHost.Hosting;

/// <summary>A tenant's status as the dashboard shows it.</summary>
internal static class DashboardSnapshots
{
    private const string WaitingFor = "resource.waitingFor";

    /// <summary>Where Aspire has a word for it, that word: what waits for resources knows no other.</summary>
    private static readonly Dictionary<TenantState, ResourceStateSnapshot> s_states = new()
    {
        [TenantState.NotStarted] = new(KnownResourceStates.NotStarted, null),
        [TenantState.Loading] = new("Loading", KnownResourceStateStyles.Info),
        [TenantState.Running] = new(KnownResourceStates.Running, KnownResourceStateStyles.Success),
        [TenantState.Reloading] = new("Reloading", KnownResourceStateStyles.Info),
        [TenantState.Failed] = new(KnownResourceStates.FailedToStart, KnownResourceStateStyles.Error),
        [TenantState.Evicted] = new(KnownResourceStates.Exited, KnownResourceStateStyles.Info),
    };

    public static CustomResourceSnapshot First(PythonTenantResource tenant) => new()
    {
        ResourceType = TenantAnnotations.ResourceType,
        State = s_states[TenantState.NotStarted],
        Properties = [.. Properties(tenant, new TenantStatus(tenant.Name, TenantState.NotStarted))],
        CreationTimeStamp = DateTime.UtcNow,
    };

    /// <summary>The next snapshot. Properties that others have set, such as the parent's name, and their URLs stay.</summary>
    /// <param name="last">The one before it.</param>
    /// <param name="tenant">Whose it is.</param>
    /// <param name="status">What the gateway tells of the tenant.</param>
    /// <param name="gateway">The gateway, if its state is the tenant's too: it does not serve, or not yet.</param>
    /// <param name="now">The time.</param>
    public static CustomResourceSnapshot Next(CustomResourceSnapshot last, PythonTenantResource tenant, TenantStatus status, CustomResourceSnapshot? gateway, DateTimeOffset now)
    {
        var isHeld = gateway is null && tenant.IsHeld && status.State == TenantState.NotStarted;
        var waitingFor = isHeld && !tenant.IsRefused ? [new ResourcePropertySnapshot(WaitingFor, tenant.WaitingFor.ToArray())] : gateway?.Properties.Where(property => property.Name == WaitingFor) ?? [];
        var own = Properties(tenant, status).Concat(waitingFor).ToImmutableArray();
        var starts = gateway is null && status.State == TenantState.Running && (last.StartTimeStamp is null || last.StopTimeStamp is not null);
        var stops = last is { StartTimeStamp: not null, StopTimeStamp: null } && (gateway is not null || status.State is TenantState.Evicted or TenantState.NotStarted);
        return last with
        {
            State = gateway is not null ? Of(gateway) : isHeld ? tenant.IsRefused ? s_states[TenantState.Failed] : KnownResourceStates.Waiting : s_states[status.State],
            Properties = [.. last.Properties.Where(property => property.Name != WaitingFor).ExceptBy(own.Select(property => property.Name), property => property.Name), .. own],
            // The endpoint's, which answer as long as the gateway does.
            Urls = [.. last.Urls.Select(url => url.Name == PythonTenantResource.HttpEndpoint ? url with { IsInactive = gateway is not null } : url)],
            EnvironmentVariables = [.. tenant.Variables],
            StartTimeStamp = starts ? now.UtcDateTime : last.StartTimeStamp,
            StopTimeStamp = starts ? null : stops ? now.UtcDateTime : last.StopTimeStamp,
            IsHidden = false,
        };
    }

    /// <summary>Whether the gateway's state is the same for its tenants.</summary>
    public static bool IsSame(CustomResourceSnapshot? one, CustomResourceSnapshot? other) =>
        ReferenceEquals(one, other) || (one is not null && other is not null && Of(one) == Of(other) && Names(one).SequenceEqual(Names(other)));

    private static IEnumerable<string> Names(CustomResourceSnapshot gateway) =>
        gateway.Properties.FirstOrDefault(property => property.Name == WaitingFor)?.Value as IEnumerable<string> ?? [];

    /// <summary>A process that runs and does not answer yet is starting, for a tenant.</summary>
    private static ResourceStateSnapshot Of(CustomResourceSnapshot gateway) => gateway.State is null || gateway.State.Text == KnownResourceStates.Running
        ? new ResourceStateSnapshot(KnownResourceStates.Starting, KnownResourceStateStyles.Info)
        : gateway.State;

    /// <summary>Why it was reloaded last.</summary>
    public static string Cause(TenantStatus status) => status.LastReloadFiles.Count == 0 ? "by hand" : string.Join(", ", status.LastReloadFiles);

    private static IEnumerable<ResourcePropertySnapshot> Properties(PythonTenantResource tenant, TenantStatus status)
    {
        var info = status.Info;
        var directory = info?.WorkingDirectory ?? tenant.Directory;
        (string Name, object Value)[] own =
        [
            ("Module", info?.App ?? tenant.App),
            ("Interface", info?.Interface ?? tenant.Interface),
            ("Directory", directory),
            ("Virtual environment", info?.Venv ?? tenant.VirtualEnvironment ?? ""),
            ("Generation", status.Generation),
            ("Import (ms)", info is null ? "" : info.ImportMs.ToString("0.#", CultureInfo.InvariantCulture)),
            ("Modules", info?.Modules ?? 0),
            ("Processes", info is null ? "" : info.Processes.Count == 0 ? "the gateway's" : string.Join(", ", info.Processes.Select(process => process.Id))),
            ("Last reload", Reload(status)),
            ("Error", status.Error is { } error ? $"{error.Type}: {error.Message}" : ""),
        ];
        // Others than highlighted ones are not shown unless asked for.
        return own.Select((property, index) => new ResourcePropertySnapshot(property.Name, property.Value) { IsHighlighted = true, SortOrder = index })
            .Append(new(CustomResourceKnownProperties.Source, directory));
    }

    private static string Reload(TenantStatus status) => status.LastReload is not { } when
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $"{when:yyyy-MM-dd HH:mm:ss}, {status.LastReloadMs:0.#} ms, {Cause(status)}");
}
