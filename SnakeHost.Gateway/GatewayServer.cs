using System.Diagnostics;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Console;
using SnakeHost.Gateway.Admin;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Asgi;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.ErrorPages;
using SnakeHost.Gateway.Launch;
using SnakeHost.Gateway.Listening;
using SnakeHost.Gateway.Pipeline;
using SnakeHost.Gateway.Routing;
using SnakeHost.Gateway.Runtime;
using SnakeHost.Gateway.Supervision;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Tenants;
using SnakeHost.Gateway.Workers;
using Yarp.ReverseProxy.Forwarder;

namespace SnakeHost.Gateway;

/// <summary>Puts the parts together: configuration, interpreter, tenants, public listener, admin listener.</summary>
internal sealed class GatewayServer : IAsyncDisposable
{
    private static readonly TimeSpan s_exitPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_killPatience = TimeSpan.FromSeconds(1);

    private readonly WebApplication _web;
    private readonly AdminServer? _admin;
    private readonly PythonHost _python;
    private readonly LastResort _lastResort;
    private readonly IdleMemory _memory;
    private readonly SlowRequests _slow;
    private readonly TimeSpan _grace;
    private readonly bool _isWorker;
    private long _stopping;

    private GatewayServer(WebApplication web, AdminServer? admin, PythonHost python, GilWatch watch, TimeSpan grace, bool isWorker)
    {
        _web = web;
        _isWorker = isWorker;
        _admin = admin;
        _python = python;
        _grace = grace;
        var tenants = web.Services.GetRequiredService<TenantRegistry>();
        _memory = new IdleMemory(() => tenants.Activity, TimeProvider.System);
        var log = web.Services.GetRequiredService<SlowRequestLog>();
        _slow = new SlowRequests(
            web.Services.GetRequiredService<SnakeHostOptions>().SlowAfter(web.Environment.IsDevelopment()),
            () => tenants.Tenants.SelectMany(tenant => tenant.LiveGenerations().Select(generation => (tenant.Id, generation.Application))),
            (tenant, request) => log.Tell(tenant, request.Method, request.Path, request.AgeMs, request.DescribeStacks()));
        _lastResort = new LastResort(watch, web.Services.GetRequiredService<ILoggerFactory>(), grace);
        web.Lifetime.ApplicationStopping.Register(() =>
        {
            _stopping = Stopwatch.GetTimestamp();
            _lastResort.Begin();
            web.Services.GetRequiredService<Debuggers>().CutAll();
        });
    }

    /// <summary>What the requests under way have left of the grace, once the server has waited for them.</summary>
    private TimeSpan GraceLeft
    {
        get
        {
            if (_grace == Timeout.InfiniteTimeSpan || _stopping == 0)
                return _grace;
            var left = _grace - Stopwatch.GetElapsedTime(_stopping);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <param name="worker">What the supervisor has told this process; null where it is the gateway alone.</param>
    /// <exception cref="ConfigurationException">A key or a value cannot be used.</exception>
    /// <exception cref="PythonUnavailableException">No interpreter can be embedded.</exception>
    public static GatewayServer Create(CommandLineResult commandLine, PythonStart python, WorkerRole? worker)
    {
        ProxyHeaders.IgnoreEnvironment();
        var builder = HostBuilding.Create(() => WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            Args = [.. commandLine.HostArguments],
            ContentRootPath = ContentRoot.Find(),
        }));
        builder.Configuration.AddInMemoryCollection(commandLine.Settings);
        // The slim builder has decided for one form of the console's lines.
        builder.Services.Configure<ConsoleLoggerOptions>(builder.Configuration.GetSection("Logging:Console"));
        if (worker is not null)
            builder.Configuration[WorkerRole.ResourceAttributes] = worker.Distinguish(builder.Configuration[WorkerRole.ResourceAttributes]);
        var exportsTraces = builder.ConfigureOpenTelemetry(isOneOfSeveral: worker is not null);
        var options = OptionsReader.Read(builder.Configuration, builder.Environment.ContentRootPath);
        if (worker is not null)
        {
            worker.Apply(options);
            LiveReload.Share(worker.Secret, worker.Changes);
        }

        if (!builder.Environment.IsDevelopment() && options.Routes.Find(route => route.Debugger.Enabled) is { } debugged)
            throw new ConfigurationException($"{debugged.Key}:Debugger is 'true', but apps are debugged in Development only, and this is {builder.Environment.EnvironmentName}.");
        var routes = RouteTable.Create(options);
        // What configuration alone decides has been decided.
        python.Configure(options.Python);
        builder.WebHost.UseKestrelHttpsConfiguration();
        var listening = new PublicSockets(isShared: worker is not null);
        builder.WebHost.ConfigureKestrel(kestrel => KestrelSettings.Apply(kestrel, options, listening));
        builder.WebHost.UseSockets(sockets => KestrelSettings.Apply(sockets, options, listening));

        var services = builder.Services;
        services.AddSingleton<IHostLifetime>(provider => new SignalLifetime(
            options.Drain, listening, provider.GetRequiredService<IHostApplicationLifetime>(), provider.GetRequiredService<ILogger<SignalLifetime>>()));
        services.AddSingleton<IMemoryPoolFactory<byte>, SocketMemoryFactory>();
        // Open streams are not waited for any longer than by a reload.
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Reload.Grace == Timeout.InfiniteTimeSpan ? TimeSpan.FromDays(1) : options.Reload.Grace);
        services.AddSingleton(options);
        services.AddSingleton(routes);
        services.AddSingleton(new OutputHistory(TimeProvider.System));
        services.AddSingleton<AppOutput>();
        services.AddSingleton<SlowRequestLog>();
        services.AddSingleton<RequestResolver>();
        services.AddSingleton<StaticFolders>();
        services.AddSingleton<Compression>();
        services.AddSingleton<GilWatch>();
        services.AddSingleton<GatewayHandler>();
        var developing = options.DeveloperPages ?? builder.Environment.IsDevelopment();
        services.AddSingleton(provider => new ErrorResponseWriter(
            developing,
            options.Routes.Any(route => route.Autoreload.Enabled) ? tenant => LiveReload.Script(provider.GetRequiredService<TenantRegistry>(), tenant) : null));
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(options.WebSockets);
        services.AddSingleton(options.Tenants);
        services.AddSingleton(options.Reload);
        services.AddSingleton<TenantRegistry>();
        services.AddSingleton(provider => new ReloadManager(
            provider.GetRequiredService<TenantRegistry>(), options.Reload, options.Root, TimeProvider.System, provider.GetRequiredService<ILogger<ReloadManager>>()));
        PythonHost? host = null;
        services.AddHttpForwarder();
        // What it has to say, the gateway says.
        builder.Logging.AddFilter("Yarp", LogLevel.None);
        // WebApplication adds this page in Development. Of a response that breaks off it has nothing to show, and what it logs the gateway has said.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Diagnostics.DeveloperExceptionPageMiddleware", LogLevel.None);
        Action<string, SourceFile, bool>? opened = null;
        services.AddSingleton(provider => new WorkerLoader(
            options, builder.Configuration, builder.Environment.IsDevelopment(), provider.GetRequiredService<IHttpForwarder>(), provider.GetRequiredService<AppOutput>(),
            provider.GetRequiredService<OutputHistory>(), () => opened, provider.GetRequiredService<IHostApplicationLifetime>(),
            provider.GetRequiredService<SlowRequestLog>(), provider.GetRequiredService<ILogger<WorkerLoader>>()));
        services.AddSingleton(provider => new Debuggers(provider.GetRequiredService<WorkerLoader>(), () => host!.Interpreter.Installation, provider.GetRequiredService<ILogger<Debuggers>>()));
        services.AddSingleton<IApplicationLoader>(provider => new ApplicationLoader(
            new PythonLoader(() => host!, builder.Environment.IsDevelopment(), provider.GetRequiredService<ILogger<PythonLoader>>()), provider.GetRequiredService<WorkerLoader>(),
            provider.GetRequiredService<Debuggers>(), () => host!.Interpreter.Installation, options.Python.Executable, provider.GetRequiredService<ILogger<ApplicationLoader>>()));
        var web = builder.Build();
        FormerNames.Warn(options, web.Services.GetRequiredService<ILogger<FormerNames>>());
        python.Provide(web.Services.GetRequiredService<AppOutput>());
        // Resolve IServer early so that its configuration errors come before the interpreter's.
        _ = web.Services.GetRequiredService<IServer>();
        QueueLengths.Observe(web.Services.GetRequiredService<TenantRegistry>());
        // Apps that do not follow their source pay nothing for it.
        var freshness = options.Routes.Exists(route => route.Autoreload.Enabled) ? web.Services.GetRequiredService<ReloadManager>() : null;
        if (freshness is not null)
        {
            var resolver = web.Services.GetRequiredService<RequestResolver>();
            freshness.DirectoryChanged += resolver.Invalidate;
            resolver.Follow(freshness.TakeInRoot);
            web.Services.GetRequiredService<TenantRegistry>().Freshness = freshness;
        }

        if (worker is null)
            Lifeline.Attach(web.Lifetime);
        else
            WorkerEnd.Attach(web.Lifetime, options.Reload.Grace);
        RequestDelegate handler = web.Services.GetRequiredService<GatewayHandler>().HandleAsync;
        if (developing || options.Routes.Any(route => route.Autoreload.Browser))
            handler = new LiveReload(handler, web.Services.GetRequiredService<TenantRegistry>(), developing).HandleAsync;
        if (options.AccessLogs != AccessLogFormat.Off)
            handler = new AccessLog(handler, options.AccessLogs, web.Services.GetRequiredService<ILoggerFactory>()).HandleAsync;
        if (exportsTraces)
            handler = new RequestTraces(handler, new TraceSampler(options.TracesPerSecond, !string.IsNullOrWhiteSpace(builder.Configuration["OTEL_TRACES_SAMPLER"]))).HandleAsync;
        ProxyHeaders.Use(web, options);
        // Plain requests pay nothing for it.
        web.UseWhen(MayBecomeWebSocket, branch =>
        {
            branch.Use(ObservedHandshake.HandleAsync);
            branch.UseWebSockets();
        });
        web.Run(handler);
        var watch = web.Services.GetRequiredService<GilWatch>();
        var tenants = new LocalTenants(
            web.Services.GetRequiredService<TenantRegistry>(),
            url => web.Services.GetRequiredService<RequestResolver>().Resolve(url) is var found ? (found.Specification, found.Reason) : default,
            web.Services.GetRequiredService<RequestResolver>().Set,
            web.Services.GetRequiredService<OutputHistory>(),
            options.Python.Executable,
            watch,
            web.Services.GetRequiredService<Debuggers>(),
            builder.Environment,
            web.Lifetime);
        var admin = worker is not null ? AdminServer.Create(worker.Socket, tenants, web.Services)
            : options.Admin.Address is { } address ? AdminServer.Create(options.Admin, address, tenants, web.Services, measures: true)
            : null;
        host = python.Finish();
        host.Wsgi.IsOneOfMany = worker is not null;
        watch.Start();
        // Several gateways on one machine would choose the same one.
        if (worker is null)
        {
            var affinity = new ProcessorAffinity(web.Services.GetRequiredService<ILogger<ProcessorAffinity>>());
            if (affinity.Start(options.Python.Affinity))
                RuntimePackage.FollowProcessors(affinity.LetGo, affinity.GiveUp);
        }

        if ((options.Reload.OpenedFiles ?? builder.Environment.IsDevelopment()) && freshness is not null)
        {
            opened = freshness.Opened;
            RuntimePackage.FollowFiles(file => freshness.Opened(AppLog.TenantOf(file.Generation), file.File, file.IsChanged));
        }

        return new GatewayServer(web, admin, host, watch, options.Reload.Grace, worker is not null);
    }

    /// <summary>Serves until the process is told to stop.</summary>
    public async Task RunAsync()
    {
        if (_admin is not null)
            await _admin.StartAsync();
        await _web.StartAsync();
        if (!_isWorker)
            Console.WriteLine($"SnakeHost is listening on {string.Join(' ', Addresses(_web))} (admin {_admin?.Address ?? "off"})");
        await _web.WaitForShutdownAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _memory.DisposeAsync();
        await _slow.DisposeAsync();
        _python.Package.IsEnding = true;
        // The registry first: requests have ended with the server, and apps get their lifespan's end while the interpreter works.
        await _web.Services.GetRequiredService<TenantRegistry>().StopAsync(GraceLeft);
        await _web.Services.GetRequiredService<Debuggers>().EndAllAsync();
        _web.Services.GetRequiredService<OutputHistory>().Complete();
        if (_admin is not null)
            await _admin.DisposeAsync();
        await _web.DisposeAsync();
        _python.Interpreter.WaitUntilComplete();
        _lastResort.TurnOff();
        // What hangs here is some library's exit function. The apps have ended in order by now, and the process leaves all the same.
        var finished = _python.Interpreter.Stop(PythonHost.Finish);
        await finished.WaitAsync(s_exitPatience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!finished.IsCompletedSuccessfully)
        {
            await Console.Error.WriteLineAsync($"Python's exit functions {(finished.Exception is { } e ? $"failed: {e.InnerException!.Message}" : "did not return")}.");
            await Task.Run(PythonHost.KillChildren).WaitAsync(s_killPatience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static bool MayBecomeWebSocket(HttpContext context) =>
        context.Request.Headers.Upgrade.Count > 0 || context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true };

    private static ICollection<string> Addresses(WebApplication web) =>
        web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
}
