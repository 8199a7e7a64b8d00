namespace SnakeHost.Gateway.Configuration;

/// <summary>Which of Python's two web interfaces an app speaks.</summary>
internal enum InterfaceKind
{
    /// <summary>Found out from the app when it is loaded.</summary>
    Auto,

    /// <summary>PEP 3333.</summary>
    Wsgi,

    /// <summary>ASGI 3.0.</summary>
    Asgi,
}
