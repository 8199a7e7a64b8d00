namespace SnakeHost.Gateway.Configuration;

/// <summary>The protocol between the gateway and an app.</summary>
internal enum InterfaceKind
{
    /// <summary>Told apart by the app object's signature when it is loaded.</summary>
    Auto,

    /// <summary>PEP 3333.</summary>
    Wsgi,

    /// <summary>ASGI 3.0.</summary>
    Asgi,
}
