using System.Collections.Immutable;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace SnakeHost.Hosting;

/// <summary>A tenant's status as the dashboard shows it.</summary>
internal static class DashboardSnapshots
{
    private static readonly Dictionary<TenantState, ResourceStateSnapshot> s_states = new()
    {
        [TenantState.NotStarted] = new(KnownResourceStates.NotStarted, null),
        [TenantState.Loading] = new("Loading", KnownResourceStateStyles.Info),
        [TenantState.Running] = new(KnownResourceStates.Running, KnownResourceStateStyles.Success),
        [TenantState.Reloading] = new("Reloading", KnownResourceStateStyles.Info),
        [TenantState.Failed] = new("Failed", KnownResourceStateStyles.Error),
        [TenantState.Evicted] = new("Evicted", KnownResourceStateStyles.Info),
    };

    public static CustomResourceSnapshot First(PythonTenantResource tenant) => new()
    {
        ResourceType = TenantAnnotations.ResourceType,
        State = s_states[TenantState.NotStarted],
        Properties = [.. Properties(tenant, new TenantStatus(tenant.Name, TenantState.NotStarted))],
        CreationTimeStamp = DateTime.UtcNow,
    };

    /// <summary>The next snapshot. Properties that others have set, such as the parent's name, and their URLs stay.</summary>
    public static CustomResourceSnapshot Next(CustomResourceSnapshot last, PythonTenantResource tenant, TenantStatus status, string? url, DateTimeOffset now)
    {
        var own = Properties(tenant, status).ToImmutableArray();
        var address = $"{tenant.Name}.dev.localhost";
        var starts = status.State == TenantState.Running && (last.StartTimeStamp is null || last.StopTimeStamp is not null);
        var stops = last.StopTimeStamp is null && (status.State == TenantState.Evicted || (status.State == TenantState.NotStarted && last.StartTimeStamp is not null));
        return last with
        {
            State = s_states[status.State],
            Properties = [.. last.Properties.ExceptBy(own.Select(property => property.Name), property => property.Name), .. own],
            Urls = [.. last.Urls.Where(other => other.DisplayProperties.DisplayName != address), .. url is null ? [] : new[] { new UrlSnapshot(null, url, IsInternal: false) { DisplayProperties = new(address, 0) } }],
            StartTimeStamp = starts ? now.UtcDateTime : last.StartTimeStamp,
            StopTimeStamp = starts ? null : stops ? now.UtcDateTime : last.StopTimeStamp,
            IsHidden = false,
        };
    }

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
