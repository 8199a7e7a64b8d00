using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Apps;

/// <summary>
/// One loaded version of an app, ready to answer.
/// </summary>
internal interface IPythonApplication
{
    /// <summary>What was chosen, as <c>module:attribute</c>: <c>main:app</c>.</summary>
    string App { get; }

    /// <summary><see cref="InterfaceKind.Wsgi"/> or <see cref="InterfaceKind.Asgi"/>, never <see cref="InterfaceKind.Auto"/>.</summary>
    InterfaceKind Interface { get; }

    /// <summary>How many private modules are loaded.</summary>
    int Modules { get; }

    /// <summary>The tenant's own source files that were read to load it.</summary>
    IReadOnlyList<SourceFile> SourceFiles => [];

    /// <summary>Whether requests are passed on to processes of its own.</summary>
    bool IsElsewhere => false;

    /// <summary>The processes that it has of its own; none: it runs in the gateway's.</summary>
    IReadOnlyList<AppProcess> Processes => [];

    /// <summary>Why it has processes of its own: a sentence. Null when it runs in the gateway's, and when it was to have them.</summary>
    string? ProcessReason => null;

    /// <summary>Completes with a sentence when it has ended by itself, and so cannot answer any more. Never for one in the gateway's process.</summary>
    Task<string> Lost => NeverLost.Task;

    /// <summary>Whether an editor may look at it at any time.</summary>
    bool IsDebugged => false;

    /// <summary>Whether a debugger holds one of its threads: its requests then last for as long as somebody looks at it.</summary>
    bool IsHeld => false;

    /// <summary>How many requests wait: for a thread (WSGI), or for their answer to begin (ASGI, whose loop takes every request at once).</summary>
    int QueueLength { get; }

    /// <summary>What it is doing: its requests under way, the oldest first.</summary>
    Task<IReadOnlyList<RunningRequest>> RequestsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<RunningRequest>>([]);

    /// <summary>Those that have waited so long for their answer to begin, each of them once. None of one that is elsewhere.</summary>
    Task<IReadOnlyList<RunningRequest>> TakeSlowAsync(TimeSpan limit, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<RunningRequest>>([]);

    /// <summary>What was imported to load it, in the order of their beginning.</summary>
    IReadOnlyList<ImportedModule> Imports => [];

    /// <summary>Where its time goes from now on.</summary>
    /// <exception cref="NoProfileException">It cannot be told.</exception>
    Task<ProfileData> ProfileAsync(ProfileOrder order, CancellationToken cancellationToken) => throw new NoProfileException("This app cannot be profiled.");

    /// <summary>What it has in memory; null when it has ended, or cannot tell.</summary>
    Task<AppMemory?> MeasureAsync(CancellationToken cancellationToken) => Task.FromResult<AppMemory?>(null);

    /// <summary>After its end: what keeps its modules in memory. Null when nothing does.</summary>
    Task<string?> FindKeeperAsync(CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    /// <summary>Answers one request: HTTP by WSGI or ASGI, or a WebSocket by ASGI.</summary>
    /// <param name="measure">What is to be measured of it; null when nobody listens.</param>
    Task HandleAsync(HttpContext context, RequestMeasure? measure);

    /// <summary>
    /// Lets what is under way come to its end, then runs the lifespan's shutdown, joins the threads and clears the module table. What
    /// has not ended after the grace is cancelled or interrupted; an <see cref="AppStuckException"/> when that did not help.
    /// </summary>
    /// <param name="grace">What is left of it; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    Task EndAsync(TimeSpan grace);
}
