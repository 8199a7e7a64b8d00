using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Hosting;

/// <summary>Tells the dashboard of tenants what the gateway tells of them: states, output, and which there are.</summary>
internal sealed partial class TenantResources : IDisposable
{
    /// <summary>So many lines of apps that are no resources are kept, in case they become one.</summary>
    private const int EarlyLines = 200;

    private static readonly CustomResourceSnapshot s_unknown = new() { ResourceType = "", Properties = [] };

    private readonly SnakeGatewayResource _gateway;
    private readonly ResourceNotificationService _notifications;
    private readonly ResourceLoggerService _loggers;
    private readonly TimeProvider _time;
    private readonly DistributedApplicationModel _model;
    private readonly IDistributedApplicationEventing _eventing;
    private readonly IServiceProvider _services;
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

    /// <summary>What the orchestrator said last of the gateway, and whether it answers. Read and written with <see cref="_tenants"/>.</summary>
    private CustomResourceSnapshot? _process;
    private bool _isServing;
    private CancellationTokenSource _serving = new();

    public TenantResources(
        SnakeGatewayResource gateway,
        DistributedApplicationModel model,
        ResourceNotificationService notifications,
        ResourceLoggerService loggers,
        IDistributedApplicationEventing eventing,
        IServiceProvider services,
        TimeProvider time)
    {
        _gateway = gateway;
        _model = model;
        _notifications = notifications;
        _loggers = loggers;
        _eventing = eventing;
        _services = services;
        _time = time;
        _tenants = gateway.Tenants.ToDictionary(tenant => tenant.Id, StringComparer.Ordinal);
    }

    /// <summary>Whether the gateway has answered since it was started last.</summary>
    public bool HasServed { get; private set; }

    /// <summary>The gateway's states while tenants have none of their own: until it serves, and when it ends.</summary>
    private CustomResourceSnapshot? Override => _isServing && !IsEnd(_process?.State?.Text) ? null : _process ?? s_unknown;

    /// <summary>Gives each tenant its endpoint, at the gateway's port, and the gateway's state: one that nobody can ask yet is not one that nobody has asked.</summary>
    public async Task AllocateAsync(CancellationToken cancellationToken)
    {
        foreach (var tenant in All())
            await AllocateAsync(tenant, cancellationToken);
        await RefreshAsync();
    }

    /// <summary>What the orchestrator tells of the gateway.</summary>
    public Task GatewayAsync(CustomResourceSnapshot process)
    {
        lock (_tenants)
        {
            if (IsEnd(_process?.State?.Text) && !IsEnd(process.State?.Text))
                HasServed = false;
            var before = Override;
            _process = process;
            if (DashboardSnapshots.IsSame(before, Override))
                return Task.CompletedTask;
        }

        return RefreshAsync();
    }

    /// <summary>Whether the gateway answers.</summary>
    public async Task ServesAsync(bool isServing)
    {
        lock (_tenants)
        {
            _isServing = isServing;
            HasServed |= isServing;
        }

        await _serving.CancelAsync();
        _serving.Dispose();
        _serving = new CancellationTokenSource();
        await RefreshAsync();
        if (!isServing)
            return;
        foreach (var tenant in All())
        {
            if (tenant.IsHeld)
                _ = HandOverAsync(tenant, _serving.Token);
            else if (tenant.IsAwaited)
                await StartAsync(tenant);
        }
    }

    /// <summary>Loads a tenant; if the gateway does not answer, it will be when it does. Nobody waits for it, and its state tells what comes of it.</summary>
    public async Task StartAsync(PythonTenantResource tenant)
    {
        lock (_tenants)
        {
            if (!_isServing || tenant.IsHeld || Latest(tenant.Id).State is not (TenantState.NotStarted or TenantState.Failed))
                return;
        }

        // Who waits for it must not take an end of its for the answer.
        await PublishAsync(tenant, last => DashboardSnapshots.Next(last, tenant, new TenantStatus(tenant.Id, TenantState.Loading), Override, _time.GetUtcNow()));
        _ = LoadAsync();

        async Task LoadAsync()
        {
            try
            {
                using var admin = await GatewayFollower.ConnectAsync(_gateway, CancellationToken.None);
                if (await admin.StartAsync(tenant.LocalHost, CancellationToken.None) is not null)
                    return;
                Log.NotStarted(_loggers.GetLogger(tenant), $"nobody answers at {tenant.LocalHost}");
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                // The gateway has gone, or has no room: as for a request.
                Log.NotStarted(_loggers.GetLogger(tenant), e.Message);
            }

            await RefreshAsync();
        }
    }

    /// <summary>Waits for what the tenant waits for, and gives the gateway its variables; again, when what has failed is started anew. Nobody waits for it.</summary>
    private async Task HandOverAsync(PythonTenantResource tenant, CancellationToken cancellationToken)
    {
        try
        {
            while (!await TryHandOverAsync(tenant, cancellationToken))
                await RestartAsync(tenant, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The gateway has gone; its next life asks again.
        }
        catch (HttpRequestException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>Whether it has its variables; else its console says why not.</summary>
    private async Task<bool> TryHandOverAsync(PythonTenantResource tenant, CancellationToken cancellationToken)
    {
        var logger = _loggers.GetLogger(tenant);
        tenant.IsRefused = false;
        try
        {
            await RefreshAsync();
            // Who hears it loads the tenants that this one waits for.
            await _eventing.PublishAsync(new BeforeResourceStartedEvent(tenant, _services), cancellationToken);
            await _notifications.WaitForDependenciesAsync(tenant, cancellationToken);
            var variables = await TenantVariables.WaitAsync(tenant, _services.GetRequiredService<DistributedApplicationExecutionContext>(), logger, cancellationToken);
            using var admin = await GatewayFollower.ConnectAsync(_gateway, cancellationToken);
            await admin.HandOverAsync(tenant.EnvironmentPrefix, variables, cancellationToken);
            tenant.IsHeld = false;
            await RefreshAsync();
            if (tenant.IsAwaited)
                await StartAsync(tenant);
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.Held(logger, e.Message);
            tenant.IsRefused = true;
            await RefreshAsync();
            return false;
        }
    }

    /// <summary>Until one of what the tenant waits for, and has ended, is no longer so: a package is there now, and its installer runs once more.</summary>
    private Task RestartAsync(PythonTenantResource tenant, CancellationToken cancellationToken)
    {
        var ended = tenant.Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource.Name).Distinct(StringComparer.Ordinal)
            .Where(name => _notifications.TryGetCurrentState(name, out var now) && HasEnded(now)).ToList();
        // What else it may be, such as a parameter without a value, is asked for in the gateway's next life.
        return ended.Count == 0
            ? Task.Delay(Timeout.Infinite, cancellationToken)
            : Task.WhenAny(ended.Select(name => _notifications.WaitForResourceAsync(name, now => !HasEnded(now), cancellationToken)));

        // One that is just starting again may have its former exit code, which to Aspire is as good as completed.
        static bool HasEnded(ResourceEvent now) => now.Snapshot.ExitCode is not null || KnownResourceStates.TerminalStates.Contains(now.Snapshot.State?.Text);
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
        await PublishAsync(tenant, last => DashboardSnapshots.Next(last, tenant, status, Override, _time.GetUtcNow()));
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
        foreach (var folder in added)
        {
            if (TenantRules.Label(folder) is not { } name)
                Log.NotShown(_loggers.GetLogger(_gateway), folder);
            else if (Named(name) is { IsDiscovered: false } named && !TenantRules.IsSamePath(named.Directory, Path.Join(_gateway.AppsDirectory, folder)))
                Log.Shadowed(_loggers.GetLogger(_gateway), folder, named.Name);
            else if (IsTaken(name, folder))
                Log.Taken(_loggers.GetLogger(_gateway), folder);
            else
                await AddAsync(name, folder, isRenamed: !string.Equals(name, folder, StringComparison.Ordinal));
        }

        foreach (var folder in removed)
        {
            // One that was added by name stays: whoever wrote it down expects it.
            if (Find(folder.ToLowerInvariant()) is not { IsDiscovered: true } tenant)
                continue;
            lock (_tenants)
                _gone.Add(tenant.Id);
            await PublishAsync(tenant, last => last);
            _model.Resources.Remove(tenant);
        }
    }

    public void Dispose() => _serving.Dispose();

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
        {
            if (_told.Remove(status.Id) && status.EvictReason is { } reason)
                Log.Evicted(logger, reason);
        }
        else if (_told.GetValueOrDefault(status.Id) == outcome)
        {
            return;
        }

        if (status is { State: TenantState.Failed, Error: { } error })
        {
            _told[status.Id] = outcome;
            var failure = error.Traceback is { Length: > 0 } traceback ? traceback.TrimEnd() : $"{error.Type}: {error.Message}";
            Log.Failed(logger, error.Hint is { } hint ? $"{failure}\n{hint}" : failure);
        }
        else if (status is { State: TenantState.Running, Info: { } info } && info.Generation == status.Generation)
        {
            _told[status.Id] = outcome;
            if (status.LastReload is null)
                Log.Loaded(logger, status.Generation, info.ImportMs);
            else
                Log.Reloaded(logger, status.Generation, DashboardSnapshots.Cause(status));
        }
    }

    private async Task AddAsync(string name, string folder, bool isRenamed)
    {
        if (isRenamed)
            Log.Renamed(_loggers.GetLogger(_gateway), folder, name);
        var tenant = Find(folder.ToLowerInvariant());
        var isNew = tenant is null;
        if (tenant is null)
        {
            tenant = new PythonTenantResource(name, _gateway, Path.Join(_gateway.AppsDirectory, folder)) { IsDiscovered = true };
            TenantAnnotations.AddTo(tenant);
        }

        var id = tenant.Id;
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

        if (!_model.Resources.Contains(tenant))
            _model.Resources.Add(tenant);
        var parent = await _notifications.WaitForResourceAsync(_gateway.Name, static _ => true);
        await PublishAsync(tenant, last => DashboardSnapshots.Next(last, tenant, Latest(), Override, _time.GetUtcNow()) is var next
            ? next with
            {
                Properties = [.. next.Properties.Where(property => property.Name != "resource.parentName"), new("resource.parentName", parent.ResourceId)],
                Relationships = [new RelationshipSnapshot(_gateway.Name, "Parent")],
            }
            : last);
        if (isNew && _gateway.GetEndpoint(SnakeGatewayResource.HttpEndpoint).IsAllocated)
            await AllocateAsync(tenant, CancellationToken.None);
        // The links that came with it are inactive.
        await PublishAsync(tenant, last => DashboardSnapshots.Next(last, tenant, Latest(), Override, _time.GetUtcNow()));
        Notify(Latest(), logger);

        TenantStatus Latest()
        {
            lock (_tenants)
                return this.Latest(id);
        }
    }

    private async Task AllocateAsync(PythonTenantResource tenant, CancellationToken cancellationToken)
    {
        tenant.Endpoint.AllocatedEndpoint = new AllocatedEndpoint(tenant.Endpoint, tenant.Host, _gateway.GetEndpoint(SnakeGatewayResource.HttpEndpoint).Port);
        await _eventing.PublishAsync(new ResourceEndpointsAllocatedEvent(tenant, _services), cancellationToken);
    }

    private async Task RefreshAsync()
    {
        foreach (var tenant in All())
        {
            await PublishAsync(tenant, last =>
            {
                lock (_tenants)
                    return DashboardSnapshots.Next(last, tenant, Latest(tenant.Id), Override, _time.GetUtcNow());
            });
        }
    }

    private List<PythonTenantResource> All()
    {
        lock (_tenants)
            return [.. _tenants.Values];
    }

    private TenantStatus Latest(string id) => _latest.GetValueOrDefault(id) ?? new TenantStatus(id, TenantState.NotStarted);

    private static bool IsEnd(string? state) => state == KnownResourceStates.Stopping || KnownResourceStates.TerminalStates.Contains(state);

    private PythonTenantResource? Named(string name) => All().FirstOrDefault(tenant => string.Equals(tenant.Name, name, StringComparison.OrdinalIgnoreCase));

    private PythonTenantResource? Find(string id)
    {
        lock (_tenants)
            return _tenants.GetValueOrDefault(id);
    }

    /// <summary>By a resource that is not this gateway's tenant.</summary>
    private bool IsTaken(string name, string folder) => Named(name) is { IsDiscovered: true } same
        ? !string.Equals(same.Segment, folder, StringComparison.OrdinalIgnoreCase)
        : Named(name) is null && (_notifications.TryGetCurrentState(name, out _) || _model.Resources.Any(resource => string.Equals(resource.Name, name, StringComparison.OrdinalIgnoreCase)));

    /// <remarks>What the gateway tells of a tenant may come after its folder has gone.</remarks>
    private Task PublishAsync(PythonTenantResource tenant, Func<CustomResourceSnapshot, CustomResourceSnapshot> next) => _notifications.PublishUpdateAsync(tenant, last =>
    {
        bool isGone;
        lock (_tenants)
            isGone = _gone.Contains(tenant.Id);
        return isGone ? last with { IsHidden = true, State = new ResourceStateSnapshot(KnownResourceStates.Finished, null), Urls = [] } : next(last);
    });

    /// <summary>What stands in the resource's console.</summary>
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Failure}")]
        public static partial void Failed(ILogger logger, string failure);

        [LoggerMessage(2, LogLevel.Information, "Reloaded as generation {Generation} ({Cause})")]
        public static partial void Reloaded(ILogger logger, int generation, string cause);

        [LoggerMessage(7, LogLevel.Information, "Loaded as generation {Generation} in {Milliseconds:0} ms")]
        public static partial void Loaded(ILogger logger, int generation, double milliseconds);

        [LoggerMessage(8, LogLevel.Information, "Evicted ({Reason})")]
        public static partial void Evicted(ILogger logger, string reason);

        [LoggerMessage(9, LogLevel.Warning, "It could not be loaded before a request comes: {Reason}")]
        public static partial void NotStarted(ILogger logger, string reason);

        [LoggerMessage(10, LogLevel.Error, "It is not given its variables: {Reason}")]
        public static partial void Held(ILogger logger, string reason);

        [LoggerMessage(3, LogLevel.Warning, "The folder {Folder} is served, but not shown here: its name makes no DNS label that begins with a letter.")]
        public static partial void NotShown(ILogger logger, string folder);

        [LoggerMessage(5, LogLevel.Warning, "The folder {Folder} is served, but not shown here: another resource has its name.")]
        public static partial void Taken(ILogger logger, string folder);

        [LoggerMessage(6, LogLevel.Warning, "The folder {Folder} is not served: the tenant {Tenant} has its name.")]
        public static partial void Shadowed(ILogger logger, string folder, string tenant);

        [LoggerMessage(11, LogLevel.Warning, "The folder {Folder} is served and shown as {Name}: a host has no underscores.")]
        public static partial void Renamed(ILogger logger, string folder, string name);

        [LoggerMessage(EventId = 4, Message = "{Line}")]
        public static partial void Line(ILogger logger, LogLevel level, string line);
    }
}
