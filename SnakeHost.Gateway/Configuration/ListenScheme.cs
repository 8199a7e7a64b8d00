namespace SnakeHost.Gateway.Configuration;

/// <summary>What is spoken at an address.</summary>
internal enum ListenScheme
{
    /// <summary>HTTP/1.1 in the clear.</summary>
    Http,

    /// <summary>HTTP/2 in the clear, by prior knowledge (RFC 9113, 3.3): without TLS nothing tells the two apart.</summary>
    Http2Cleartext,

    /// <summary>HTTP/1.1 and HTTP/2 over TLS, chosen by ALPN.</summary>
    Https,
}
