namespace SnakeHost.Gateway.Configuration;

/// <summary>How an app is called.</summary>
internal enum InterfaceKind
{
    /// <summary>Found out when the app has been imported.</summary>
    Auto,

    /// <summary>PEP 3333.</summary>
    Wsgi,

    /// <summary>ASGI 3.0.</summary>
    Asgi,
}
