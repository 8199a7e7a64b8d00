using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Http;

/// <summary>
/// One loaded version of an app, ready to answer. Disposal runs the lifespan's shutdown, joins the threads and clears the module table.
/// </summary>
internal interface IPythonApplication : IAsyncDisposable
{
    /// <summary>What was chosen, as <c>module:attribute</c>: <c>main:app</c>.</summary>
    string App { get; }

    /// <summary><see cref="InterfaceKind.Wsgi"/> or <see cref="InterfaceKind.Asgi"/>, never <see cref="InterfaceKind.Auto"/>.</summary>
    InterfaceKind Interface { get; }

    /// <summary>How many private modules are loaded.</summary>
    int Modules { get; }

    /// <summary>The tenant's own source files that were read to load it.</summary>
    IReadOnlyList<SourceFile> SourceFiles => [];

    /// <summary>How many requests wait for a thread or the loop.</summary>
    int QueueLength { get; }

    /// <summary>Answers one request: HTTP by WSGI or ASGI, or a WebSocket by ASGI.</summary>
    Task HandleAsync(HttpContext context);
}
