using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Hosting;

/// <summary>Tells the dashboard of tenants what the gateway tells of them: states, output, and which there are.</summary>
internal sealed partial class TenantResources
{
    /// <summary>So many lines of apps that are no resources are kept, in case they become one.</summary>
    private const int EarlyLines = 200;

    private readonly SnakeGatewayResource _gateway;
    private readonly ResourceNotificationService _notifications;
    private readonly ResourceLoggerService _loggers;
    private readonly TimeProvider _time;
    private readonly DistributedApplicationModel _model;
    private readonly Dictionary<string, PythonTenantResource> _tenants;
    /// <summary>Those whose folders have gone. Aspire knows a resource for good: one that comes back is the same. Read and written with <see cref="_tenants"/>.</summary>
    private readonly HashSet<string> _gone = new(StringComparer.Ordinal);
    /// <summary>
    /// What was told last of each app that is at something, of those that are no resources too: a folder may be asked for before it is seen here. Read and
    /// written with <see cref="_tenants"/>, and so are <see cref="_early"/> and <see cref="_told"/>.
    /// </summary>
    private readonly Dictionary<string, TenantStatus> _latest = new(StringComparer.Ordinal);
    private readonly Queue<OutputLine> _early = new();
    /// <summary>The outcome that a tenant's console tells last: a status may come again with more detail.</summary>
    private readonly Dictionary<string, (TenantState State, int Generation)> _told = new(StringComparer.Ordinal);

    public TenantResources(
        SnakeGatewayResource gateway, DistributedApplicationModel model, ResourceNotificationService notifications, ResourceLoggerService loggers, TimeProvider time)
    {
        _gateway = gateway;
        _model = model;
        _notifications = notifications;
        _loggers = loggers;
        _time = time;
        _tenants = gateway.Tenants.ToDictionary(TenantCommands.Id, StringComparer.Ordinal);
    }

    /// <summary>Shows each tenant's address, from now on.</summary>
    public async Task ShowAddressesAsync()
    {
        List<PythonTenantResource> all;
        lock (_tenants)
            all = [.. _tenants.Values];
        foreach (var tenant in all)
            await PublishAsync(tenant, last => last with { Urls = DashboardSnapshots.Next(last, tenant, new TenantStatus(tenant.Name, TenantState.NotStarted), Url(tenant), _time.GetUtcNow()).Urls });
    }

    public async Task StatusAsync(TenantStatus status)
    {
        PythonTenantResource? tenant;
        lock (_tenants)
        {
            if (status.State is TenantState.NotStarted or TenantState.Evicted)
                _latest.Remove(status.Id);
            else
                _latest[status.Id] = status;
            tenant = _tenants.GetValueOrDefault(status.Id);
        }

        if (tenant is null)
            return;
        await PublishAsync(tenant, last => DashboardSnapshots.Next(last, tenant, status, Url(tenant), _time.GetUtcNow()));
        Notify(status, _loggers.GetLogger(tenant));
    }

    public Task LineAsync(OutputLine line)
    {
        PythonTenantResource? tenant;
        lock (_tenants)
        {
            tenant = _tenants.GetValueOrDefault(line.Tenant);
            if (tenant is null && _gateway.AppsDirectory is not null)
            {
                if (_early.Count == EarlyLines)
                    _early.Dequeue();
                _early.Enqueue(line);
            }
        }

        if (tenant is not null)
            Print(line, _loggers.GetLogger(tenant));
        return Task.CompletedTask;
    }

    /// <summary>Folders of apps that have come and gone while this runs.</summary>
    public async Task FoldersChangedAsync(IReadOnlyList<string> added, IReadOnlyList<string> removed)
    {
        foreach (var name in added)
        {
            if (!TenantRules.IsName(name))
                Log.NotShown(_loggers.GetLogger(_gateway), name);
            else if (Find(name.ToLowerInvariant()) is { IsDiscovered: false } named && !TenantRules.IsSamePath(named.Directory, Path.Join(_gateway.AppsDirectory, name)))
                Log.Shadowed(_loggers.GetLogger(_gateway), name, named.Name);
            else if (IsTaken(name))
                Log.Taken(_loggers.GetLogger(_gateway), name);
            else
                await AddAsync(name);
        }

        foreach (var name in removed)
        {
            // One that was added by name stays: whoever wrote it down expects it.
            if (Find(name.ToLowerInvariant()) is not { IsDiscovered: true } tenant)
                continue;
            lock (_tenants)
                _gone.Add(TenantCommands.Id(tenant));
            await PublishAsync(tenant, last => last);
        }
    }

    private static void Print(OutputLine line, ILogger logger)
    {
        var level = line.Stream is "stderr" or "error" ? LogLevel.Error : LogLevel.Information;
        var text = line.Text;
        Log.Line(logger, level, text);
    }

    private void Notify(TenantStatus status, ILogger logger)
    {
        lock (_tenants)
            TellOnce(status, logger);
    }

    private void TellOnce(TenantStatus status, ILogger logger)
    {
        var outcome = (status.State, status.Generation);
        // A life ends, and its numbers with it. The begin of a load is no reason to tell its outcome once more: a list that is fetched while events come in may be ahead of them.
        if (status.State is TenantState.NotStarted or TenantState.Evicted)
            _told.Remove(status.Id);
        else if (_told.GetValueOrDefault(status.Id) == outcome)
            return;
        if (status is { State: TenantState.Failed, Error: { } error })
        {
            _told[status.Id] = outcome;
            var failure = error.Traceback is { Length: > 0 } traceback ? traceback.TrimEnd() : $"{error.Type}: {error.Message}";
            Log.Failed(logger, failure);
        }
        else if (status is { State: TenantState.Running, LastReload: not null } && status.Info?.Generation == status.Generation)
        {
            _told[status.Id] = outcome;
            var cause = DashboardSnapshots.Cause(status);
            Log.Reloaded(logger, status.Generation, cause);
        }
    }

    private async Task AddAsync(string name)
    {
        var tenant = Find(name.ToLowerInvariant());
        if (tenant is null)
        {
            tenant = new PythonTenantResource(name, _gateway, Path.Join(_gateway.AppsDirectory, name)) { IsDiscovered = true };
            TenantAnnotations.AddTo(tenant);
        }

        var id = TenantCommands.Id(tenant);
        var logger = _loggers.GetLogger(tenant);
        lock (_tenants)
        {
            _tenants[id] = tenant;
            _gone.Remove(id);
            // In their order, and before the next one.
            for (var left = _early.Count; left > 0; left--)
            {
                var line = _early.Dequeue();
                if (line.Tenant == id)
                    Print(line, logger);
                else
                    _early.Enqueue(line);
            }
        }

        var parent = await _notifications.WaitForResourceAsync(_gateway.Name, static _ => true);
        await PublishAsync(tenant, last => DashboardSnapshots.Next(last, tenant, Latest(), Url(tenant), _time.GetUtcNow()) is var next
            ? next with { Properties = [.. next.Properties.Where(property => property.Name != "resource.parentName"), new("resource.parentName", parent.ResourceId)] }
            : last);
        Notify(Latest(), logger);

        TenantStatus Latest()
        {
            lock (_tenants)
                return _latest.GetValueOrDefault(id) ?? new TenantStatus(id, TenantState.NotStarted);
        }
    }

    private PythonTenantResource? Find(string id)
    {
        lock (_tenants)
            return _tenants.GetValueOrDefault(id);
    }

    /// <summary>By a resource that is not this gateway's tenant.</summary>
    private bool IsTaken(string name) =>
        Find(name.ToLowerInvariant()) is null
        && (_notifications.TryGetCurrentState(name, out _) || _model.Resources.Any(resource => string.Equals(resource.Name, name, StringComparison.OrdinalIgnoreCase)));

    /// <remarks>What the gateway tells of a tenant may come after its folder has gone.</remarks>
    private Task PublishAsync(PythonTenantResource tenant, Func<CustomResourceSnapshot, CustomResourceSnapshot> next) => _notifications.PublishUpdateAsync(tenant, last =>
    {
        bool isGone;
        lock (_tenants)
            isGone = _gone.Contains(TenantCommands.Id(tenant));
        return isGone ? last with { IsHidden = true, State = new ResourceStateSnapshot(KnownResourceStates.Finished, null), Urls = [] } : next(last);
    });

    private string? Url(PythonTenantResource tenant)
    {
        var http = _gateway.GetEndpoint(SnakeGatewayResource.HttpEndpoint);
        return http.IsAllocated ? $"http://{tenant.Name.ToLowerInvariant()}.dev.localhost:{http.Port}/" : null;
    }

    /// <summary>What stands in the resource's console.</summary>
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Failure}")]
        public static partial void Failed(ILogger logger, string failure);

        [LoggerMessage(2, LogLevel.Information, "Reloaded as generation {Generation} ({Cause})")]
        public static partial void Reloaded(ILogger logger, int generation, string cause);

        [LoggerMessage(3, LogLevel.Warning, "The folder {Folder} is served, but not shown here: its name is no DNS label that begins with a letter.")]
        public static partial void NotShown(ILogger logger, string folder);

        [LoggerMessage(5, LogLevel.Warning, "The folder {Folder} is served, but not shown here: another resource has its name.")]
        public static partial void Taken(ILogger logger, string folder);

        [LoggerMessage(6, LogLevel.Warning, "The folder {Folder} is not served: the tenant {Tenant} has its name.")]
        public static partial void Shadowed(ILogger logger, string folder, string tenant);

        [LoggerMessage(EventId = 4, Message = "{Line}")]
        public static partial void Line(ILogger logger, LogLevel level, string line);
    }
}
