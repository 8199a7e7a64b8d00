using SnakeHost.Gateway.CPython;

namespace SnakeHost.Gateway.Asgi;

/// <summary>The ASGI side of the Python half, and what it calls. Made with the GIL.</summary>
internal sealed class AsgiRuntime
{
    public AsgiRuntime()
    {
        using var asgi = Py.Import("snakehost.asgi");
        Serve = asgi.Attribute("serve").Keep();
        Template = asgi.Attribute("template").Keep();
        SocketTemplate = asgi.Attribute("socket_template").Keep();
    }

    /// <summary><c>asgi.serve(app, native, sockets, take, started, refused, descriptor, lifespan)</c>.</summary>
    public PyHandle Serve { get; }

    /// <summary><c>asgi.template(state)</c>.</summary>
    public PyHandle Template { get; }

    /// <summary><c>asgi.socket_template(state)</c>.</summary>
    public PyHandle SocketTemplate { get; }

    public PyHandle Functions { get; } = AsgiFunctions.Create().Keep();

    public PyHandle SocketFunctions { get; } = AsgiSocketFunctions.Create().Keep();
}
