using System.Diagnostics;
using System.Globalization;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Http;
using SnakeHost.Gateway.Packages;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Admin;

/// <summary>The tenants of this process.</summary>
/// <param name="find">The tenant that a request to an address would reach, or why there is none.</param>
/// <param name="handOver">Gives the routes of a prefix the variables that they wait for.</param>
/// <param name="interpreter">What makes virtual environments: the Python that loads the apps.</param>
internal sealed class LocalTenants(
    TenantRegistry tenants, Func<Uri, (TenantSpecification? Tenant, string? Reason)> find, Action<string, IReadOnlyDictionary<string, string>> handOver, OutputHistory output, string interpreter, GilWatch python, IDebuggers debuggers, IHostEnvironment environment, IHostApplicationLifetime gateway) : IAdminTenants
{
    public TenantEvents Events => tenants.Events;

    public OutputHistory Output => output;

    public AdminHealth Health
    {
        get
        {
            var waiting = python.Waiting;
            return new AdminHealth(
                gateway.ApplicationStarted.IsCancellationRequested && !gateway.ApplicationStopping.IsCancellationRequested && !Drain.IsTold,
                waiting < GilWatch.Patience
                    ? null
                    : string.Create(CultureInfo.InvariantCulture, $"Python has not answered for {waiting.TotalSeconds:F0} s. The GIL is kept by {python.Describe()}"));
        }
    }

    public Task<IReadOnlyList<TenantSnapshot>> ListAsync(CancellationToken cancellationToken) => Task.FromResult(tenants.Snapshot());

    public Task<TenantSnapshot?> FindAsync(string id, CancellationToken cancellationToken) => Task.FromResult(tenants.Find(id)?.ToSnapshot());

    public async Task<AdminStart> StartAsync(Uri url, CancellationToken cancellationToken)
    {
        var (specification, reason) = find(url);
        if (specification is null)
            return new AdminStart(null, StatusCodes.Status404NotFound, reason);
        try
        {
            var (id, result) = await tenants.StartAsync(specification, cancellationToken);
            return new AdminStart(result.ToAdmin(id), StatusCodes.Status200OK, null);
        }
        catch (TenantException e)
        {
            return new AdminStart(null, StatusCodes.Status503ServiceUnavailable, e.Message);
        }
    }

    public Task HandOverAsync(string environmentPrefix, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        handOver(environmentPrefix, variables);
        return Task.CompletedTask;
    }

    public async Task<IReadOnlyList<RunningRequest>?> RequestsAsync(string id, CancellationToken cancellationToken)
    {
        if (tenants.Find(id) is not { } tenant)
            return null;
        var found = await Task.WhenAll(tenant.LiveGenerations().Select(async generation =>
            (await generation.Application.RequestsAsync(cancellationToken)).Select(request => request with { Generation = generation.Number })));
        return [.. found.SelectMany(static requests => requests).OrderByDescending(static request => request.AgeMs)];
    }

    public async Task<AdminMemory?> MemoryAsync(string id, CancellationToken cancellationToken)
    {
        if (tenants.Find(id) is not { } tenant)
            return null;
        var now = tenant.Current is { } current ? await current.Application.MeasureAsync(cancellationToken) : null;
        var (loads, kept) = tenant.Memory();
        return new AdminMemory(now, loads, kept);
    }

    public async Task<ProfileData?> ProfileAsync(string id, ProfileOrder order, CancellationToken cancellationToken) =>
        tenants.Find(id) is { } tenant ? await Loaded(tenant).ProfileAsync(order, cancellationToken) : null;

    public Task<IReadOnlyList<ImportedModule>?> ImportsAsync(string id, CancellationToken cancellationToken) =>
        Task.FromResult(tenants.Find(id) is { } tenant ? Loaded(tenant).Imports : null);

    private static IPythonApplication Loaded(Tenant tenant) =>
        tenant.Current?.Application ?? throw new NoProfileException($"Tenant '{tenant.Id}' is not loaded: its state is {tenant.State.Lower()}.");

    public async Task<AdminReload?> ReloadAsync(string id, CancellationToken cancellationToken) =>
        (await tenants.ReloadAsync(id, ReloadReason.Manual, cancellationToken))?.ToAdmin(id);

    public Task<bool> EvictAsync(string id, CancellationToken cancellationToken) => tenants.EvictAsync(id);

    public async Task<AdminInstallEnd> InstallAsync(string id, bool recreates, CancellationToken cancellationToken)
    {
        if (!environment.IsDevelopment())
            return AdminInstallEnd.Refuse(StatusCodes.Status403Forbidden, $"Packages are installed in Development only, and this is {environment.EnvironmentName}.");
        return tenants.Find(id) is { } tenant ? await InstallAsync(tenant, recreates).WaitAsync(cancellationToken) : AdminInstallEnd.NoSuchTenant;
    }

    /// <summary>Goes on when nobody waits for it any more.</summary>
    private async Task<AdminInstallEnd> InstallAsync(Tenant tenant, bool recreates)
    {
        var started = Stopwatch.GetTimestamp();
        var (app, named) = (tenant.Specification.WorkingDirectory, tenant.Specification.Venv);
        var before = named ?? PackageFolder.FindOf(app);
        var stamp = before is null ? null : PackageSync.ReadStamp(before, app);
        var last = "";
        var problem = await PackageSync.RunAsync(
            interpreter,
            app,
            named,
            recreates ? [] : null,
            line =>
            {
                last = line;
                output.Add(tenant.Id, "stdout", line);
            },
            gateway.ApplicationStopping);
        if (problem is not null)
        {
            output.Add(tenant.Id, OutputLine.Error, problem);
            return AdminInstallEnd.Refuse(StatusCodes.Status409Conflict, problem);
        }

        var after = named ?? PackageFolder.FindOf(app);
        // Without autoreload nothing else tells it.
        var isNew = recreates || after != before || (after is not null && PackageSync.ReadStamp(after, app) != stamp);
        var reload = isNew ? await tenants.ReloadAsync(tenant.Id, ReloadReason.Manual, gateway.ApplicationStopping) : null;
        return new AdminInstallEnd(new AdminInstall(tenant.Id, last, Stopwatch.GetElapsedTime(started).TotalMilliseconds, reload?.ToAdmin(tenant.Id)), StatusCodes.Status200OK, null);
    }

    public async Task<AdminDebugStart> DebugAsync(string id, int? port, bool waits, CancellationToken cancellationToken)
    {
        if (!environment.IsDevelopment())
            return AdminDebugStart.Refuse(StatusCodes.Status403Forbidden, $"Apps are debugged in Development only, and this is {environment.EnvironmentName}.");
        if (tenants.Find(id) is not { } tenant)
            return AdminDebugStart.NoSuchTenant;
        try
        {
            var (found, isNew) = await debuggers.StartAsync(tenant, port, waits, cancellationToken);
            var load = isNew ? tenants.ReloadAsync(tenant, ReloadReason.Manual, cancellationToken) : null;
            // One that waits for an editor has to be told of it first.
            var result = load is null || waits ? null : (await load).ToAdmin(id);
            return new AdminDebugStart(AdminDebug.At(id, found) with { Reload = result }, StatusCodes.Status200OK, null);
        }
        catch (DebuggerException e)
        {
            return AdminDebugStart.Refuse(StatusCodes.Status409Conflict, e.Message);
        }
    }

    public Task<AdminDebug?> FindDebugAsync(string id, CancellationToken cancellationToken) =>
        Task.FromResult(debuggers.PortOf(id) is { } port ? AdminDebug.At(id, port) : null);

    public async Task<bool> StopDebugAsync(string id, CancellationToken cancellationToken)
    {
        if (debuggers.Stop(id) is not { } end)
            return false;
        try
        {
            await tenants.ReloadWithoutDebuggerAsync(id, cancellationToken);
            return true;
        }
        finally
        {
            _ = end();
        }
    }
}
