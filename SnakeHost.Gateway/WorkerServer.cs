using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Asgi;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Interop;
using SnakeHost.Gateway.Listening;
using SnakeHost.Gateway.Runtime;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Tenants;
using SnakeHost.Gateway.Workers;
using SnakeHost.ServiceDefaults;

namespace SnakeHost.Gateway;

/// <summary>A process for one app, which a gateway starts, tells what to load, and passes requests to. It ends with the gateway, however that ends.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A source without a timer holds nothing but memory.")]
internal sealed partial class WorkerServer
{
    private const int Failure = 1;

    /// <summary>With nobody left to answer to.</summary>
    private static readonly TimeSpan s_orphanGrace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_exitPatience = TimeSpan.FromSeconds(5);

    private readonly ControlChannel _control;
    private readonly IAsyncEnumerator<WorkerMessage> _messages;
    private readonly WorkerMessage.Order _order;
    private readonly PythonHost _python;
    private readonly bool _isGuest;
    private readonly CancellationTokenSource _gone = new();
    private readonly ConcurrentDictionary<long, CancellationTokenSource> _questions = new();
    private long _requests;
    private volatile bool _hasEnded;
    private volatile IPythonApplication? _app;

    private WorkerServer(ControlChannel control, IAsyncEnumerator<WorkerMessage> messages, WorkerMessage.Order order, PythonHost python, bool isGuest) =>
        (_control, _messages, _order, _python, _isGuest) = (control, messages, order, python, isGuest);

    /// <param name="socket">The path of the gateway's end of the control channel.</param>
    /// <param name="python">The path of the interpreter's program.</param>
    public static async Task<int> RunAsync(string socket, string python)
    {
        // The gateway lets requests come to their end.
        ProcessGroup.Begin();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static signal => signal.Cancel = true);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, static signal => signal.Cancel = true);
        SocketSettings.Apply();

        var gateway = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await gateway.ConnectAsync(new UnixDomainSocketEndPoint(socket));
        await using var control = new ControlChannel(gateway);
        var options = new PythonOptions { Executable = python };
        var interpreter = Task.Run(() => PythonHost.Start(options, () => options, () => new WorkerOutput(control), isAlone: true));
        // Not disposed of: a load that fails ends the worker while the next message is waited for.
        var messages = control.ReadAllAsync().GetAsyncEnumerator();
        if (!await messages.MoveNextAsync())
            return Failure;
        try
        {
            switch (messages.Current)
            {
                case WorkerMessage.Order order:
                    var server = new WorkerServer(control, messages, order, await interpreter, isGuest: false);
                    var isLoaded = await server.RunAsync(Task.CompletedTask);
                    await FinishAsync(server._python);
                    return isLoaded ? 0 : Failure;
                case WorkerMessage.Debug debug:
                    return await DebugServer.RunAsync(socket, control, messages, debug, await interpreter);
                default:
                    return Failure;
            }
        }
        catch (Exception e) when (e is PythonUnavailableException or TelemetrySettingsException or IOException)
        {
            control.Post(new WorkerMessage.Failed(null, e.Message));
            return Failure;
        }
    }

    /// <summary>Loads and serves one generation in a process that has others, too.</summary>
    /// <param name="socket">The path of the gateway's end of its control channel.</param>
    /// <param name="editor">What its load waits for.</param>
    public static async Task ServeGuestAsync(string socket, PythonHost python, Task editor)
    {
        try
        {
            var gateway = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await gateway.ConnectAsync(new UnixDomainSocketEndPoint(socket));
            await using var control = new ControlChannel(gateway);
            var messages = control.ReadAllAsync().GetAsyncEnumerator();
            if (await messages.MoveNextAsync() && messages.Current is WorkerMessage.Order order)
                await new WorkerServer(control, messages, order, python, isGuest: true).RunAsync(editor);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // The gateway has given this load up, or is gone.
        }
    }

    /// <summary>Whether the app could be loaded.</summary>
    private async Task<bool> RunAsync(Task editor)
    {
        _python.Wsgi.IsOneOfMany = _order.IsOneOfMany;
        var handler = new WorkerHandler(() => _app!, _order, _control, () => Interlocked.Increment(ref _requests));
        await using var web = Build(handler);
        var loggers = web.Services.GetRequiredService<ILoggerFactory>();
        // Of the process.
        if (!_isGuest)
            new GilWatch(loggers.CreateLogger<GilWatch>()).Start();
        if (_order.FollowsFiles && !_isGuest)
            RuntimePackage.FollowFiles(file => _control.Post(new WorkerMessage.Opened(file.File, file.IsChanged)));
        // Before the load, which is a part of what is told.
        await web.StartAsync();
        var told = HearAsync(web, handler);
        await editor.WaitAsync(_gone.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var app = _app = await LoadAsync(new PythonLoader(() => _python, _order.IsDeveloping, loggers.CreateLogger<PythonLoader>()));
        if (app is not null)
        {
            await using var slow = new SlowRequests(
                _order.SlowRequest, () => [(_order.Tenant, app)],
                (_, request) => _control.Post(new WorkerMessage.Slow(request.Method, request.Path, request.AgeMs, request.DescribeStacks())));
            await using var memory = new IdleMemory(Activity, TimeProvider.System);
            _control.Post(new WorkerMessage.Ready(app.App, app.Interface == InterfaceKind.Asgi, app.Modules, app.SourceFiles, app.Imports));
            var grace = await told;
            _python.Package.IsEnding = !_isGuest;
            await EndAsync(app, grace, loggers.CreateLogger<WorkerServer>());
        }

        // Its own end of the channel closes next.
        _hasEnded = true;
        await web.StopAsync();
        return app is not null;
    }

    /// <summary>Does what the gateway says, until it says that this is the end, or is gone. Gives what the app has for its end.</summary>
    private async Task<TimeSpan> HearAsync(WebApplication web, WorkerHandler handler)
    {
        while (await _messages.MoveNextAsync())
        {
            switch (_messages.Current)
            {
                case WorkerMessage.End end:
                    return end.GraceMs < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(end.GraceMs);
                case WorkerMessage.Left left:
                    handler.Leave(left.Request);
                    break;
                case WorkerMessage.Ask ask:
                    _ = AnswerAsync(ask.Number, async given => new WorkerMessage.Running(ask.Number, _app is { } app ? await app.RequestsAsync(given) : []));
                    break;
                case WorkerMessage.AskProfile ask:
                    _ = AnswerAsync(ask.Number, given => ProfileAsync(ask, given));
                    break;
                case WorkerMessage.AskMemory ask:
                    _ = AnswerAsync(ask.Number, async given => new WorkerMessage.Memory(ask.Number, _app is { } app ? await app.MeasureAsync(given) : null));
                    break;
                case WorkerMessage.Forget forget:
                    if (_questions.TryGetValue(forget.Number, out var asked))
                        await asked.CancelAsync();
                    break;
                case WorkerMessage.Stopping:
                    web.Lifetime.StopApplication();
                    break;
            }
        }

        if (_hasEnded)
            return TimeSpan.Zero;
        await _gone.CancelAsync();
        if (_isGuest)
            return TimeSpan.Zero;
        WorkerFolder.LeaveOrphaned(_order.Http1, _order.Http2, Path.ChangeExtension(_order.Http1, WorkerFolder.Control));
        KillWhenOrphaned();
        return s_orphanGrace;
    }

    /// <summary>The gateway is gone.</summary>
    public static void KillWhenOrphaned() =>
        // Nobody is there any more to end it, whatever it does: it may still be loading.
        new Thread(static () =>
        {
            Thread.Sleep(s_orphanGrace + s_exitPatience);
            // The group, which the app's children belong to.
            _ = LibC.Kill(0, LibC.KillSignal);
        })
        { IsBackground = true, Name = "SnakeHost end" }.Start();

    /// <summary>Answers a question, as long as somebody waits for it.</summary>
    private async Task AnswerAsync(long number, Func<CancellationToken, Task<WorkerMessage>> answer)
    {
        // Not disposed of: it may be cancelled at this moment, and without a timer it holds nothing but memory.
        var given = _questions[number] = new CancellationTokenSource();
        try
        {
            _control.Post(await answer(given.Token));
        }
        catch (OperationCanceledException) when (given.IsCancellationRequested)
        {
            // Nobody does.
        }
        finally
        {
            _questions.TryRemove(number, out _);
        }
    }

    private async Task<WorkerMessage> ProfileAsync(WorkerMessage.AskProfile ask, CancellationToken given)
    {
        try
        {
            return new WorkerMessage.Profile(ask.Number, await _app!.ProfileAsync(ask.Wanted, given), null);
        }
        catch (NoProfileException e)
        {
            return new WorkerMessage.Profile(ask.Number, null, e.Message);
        }
    }

    private (long, long) Activity() => (Volatile.Read(ref _requests), 0);

    private async Task<IPythonApplication?> LoadAsync(PythonLoader loader)
    {
        // The gateway says when it is enough.
        using var span = SnakeHostTelemetry.Source.StartActivity(SnakeHostTelemetry.Spans.Import, ActivityKind.Internal, _order.TraceParent);
        span?.SetTag(SnakeHostTelemetry.Attributes.Tenant, _order.Tenant);
        span?.SetTag(SnakeHostTelemetry.Attributes.Generation, _order.Generation);
        try
        {
            return await loader.LoadAsync(_order.Tenant, _order.Specification, _order.Generation, _isGuest ? _gone.Token : CancellationToken.None);
        }
        catch (AppLoadException e)
        {
            span.Fail(e);
            _control.Post(new WorkerMessage.Failed(e.Error, e.Message));
            return null;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private static async Task EndAsync(IPythonApplication app, TimeSpan grace, ILogger logger)
    {
        try
        {
            await app.EndAsync(grace);
        }
        catch (Exception e)
        {
            Log.NotEnded(logger, e.Message);
        }
    }

    /// <summary>The end of the process.</summary>
    public static async Task FinishAsync(PythonHost python)
    {
        python.Interpreter.WaitUntilComplete();
        var finished = python.Interpreter.Stop(PythonHost.Finish);
        await finished.WaitAsync(s_exitPatience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>What the gateway has handed over of its configuration.</summary>
    public static void Configure(IHostApplicationBuilder builder, IReadOnlyDictionary<string, string?> settings)
    {
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            // Requests are counted by the gateway, and what the app says goes through it.
            ["OTEL_METRICS_EXPORTER"] = "none",
            ["OTEL_LOGS_EXPORTER"] = "none",
        });
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging")).AddConsole();
    }

    private WebApplication Build(WorkerHandler handler)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        Configure(builder, _order.Settings);
        if (!_isGuest)
            builder.ConfigureOpenTelemetry();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Configure);
        builder.WebHost.UseSockets(static sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.Services.AddSingleton(_order.WebSockets);
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, SocketMemoryFactory>();
        var web = builder.Build();
        web.Use(handler.RestoreAsync);
        web.UseWhen(static context => context.Request.Headers.Upgrade.Count > 0 || context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true }, static branch =>
        {
            branch.Use(ObservedHandshake.HandleAsync);
            branch.UseWebSockets();
        });
        web.Run(handler.HandleAsync);
        return web;
    }

    private void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowResponseHeaderCompression = false;
        kestrel.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        // What a client may send, how much and how slowly, the gateway has decided.
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = null;
        limits.MaxRequestBufferSize = 1 << 24;
        limits.MaxRequestHeaderCount = 100_000;
        limits.MaxRequestHeadersTotalSize = 1 << 22;
        limits.MaxRequestLineSize = 1 << 20;
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        limits.KeepAliveTimeout = TimeSpan.FromDays(1);
        limits.RequestHeadersTimeout = TimeSpan.FromDays(1);
        // As the gateway's own: uploads that wait for a thread must not take all of a connection's window.
        limits.Http2.MaxStreamsPerConnection = 100;
        limits.Http2.InitialStreamWindowSize = 1 << 19;
        limits.Http2.InitialConnectionWindowSize = 100 * (1 << 19);
        limits.Http2.MaxRequestHeaderFieldSize = 1 << 20;
        kestrel.ListenUnixSocket(_order.Http1, static listen => listen.Protocols = HttpProtocols.Http1);
        kestrel.ListenUnixSocket(_order.Http2, static listen => listen.Protocols = HttpProtocols.Http2);
    }

    private static partial class Log
    {
        [LoggerMessage(704, LogLevel.Warning, "The app did not end in order: {Reason}")]
        public static partial void NotEnded(ILogger logger, string reason);
    }
}
