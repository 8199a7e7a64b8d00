using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Http;

/// <summary>
/// One loaded version of an app, ready to answer. Disposal ends it: lifespan shutdown, threads joined, module table cleared.
/// </summary>
internal interface IPythonApplication : IAsyncDisposable
{
    /// <summary>What was chosen, as <c>module:attribute</c>; for an app of <c>auto</c> too.</summary>
    string App { get; }

    /// <summary>Wsgi or Asgi, never Auto.</summary>
    InterfaceKind Interface { get; }

    /// <summary>How many modules of its own the app has loaded.</summary>
    int Modules { get; }

    /// <summary>Requests that wait for a thread or for the event loop.</summary>
    int QueueLength { get; }

    /// <summary>Answers one request.</summary>
    /// <exception cref="AppFailedException">The app failed before its response started: nothing has been written.</exception>
    Task HandleAsync(HttpContext context);
}
