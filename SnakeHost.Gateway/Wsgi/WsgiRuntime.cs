using SnakeHost.Gateway.CPython;

namespace SnakeHost.Gateway.Wsgi;

/// <summary>The WSGI side of the Python half, and what it calls. Made with the GIL.</summary>
internal sealed class WsgiRuntime
{
    public WsgiRuntime()
    {
        using var wsgi = Py.Import("snakehost.wsgi");
        Bind = wsgi.Attribute("bind").Keep();
        Template = wsgi.Attribute("template").Keep();
    }

    /// <summary>What <c>wsgi.multiprocess</c> says: other processes may answer requests for the same app. Set before one is loaded.</summary>
    public bool IsOneOfMany { get; set; }

    /// <summary><c>wsgi.bind(app, native)</c>.</summary>
    public PyHandle Bind { get; }

    /// <summary><c>wsgi.template()</c>.</summary>
    public PyHandle Template { get; }

    public PyHandle Functions { get; } = WsgiFunctions.Create().Keep();

    /// <summary><c>sockets.pair()</c>, once <see cref="Complete"/> has been called.</summary>
    public PyHandle SocketPair { get; private set; } = null!;

    /// <summary>What may come later than the rest, since it imports much; before the first app.</summary>
    public void Complete()
    {
        using var sockets = Py.Import("snakehost.sockets");
        SocketPair = sockets.Attribute("pair").Keep();
    }
}
