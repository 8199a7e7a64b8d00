namespace SnakeHost.Gateway.ErrorPages;

/// <summary>How an error answer is written, chosen by the request's Accept header.</summary>
internal enum ErrorFormat
{
    /// <summary>text/plain: for a terminal, and whenever the client does not care.</summary>
    Text,

    /// <summary>text/html: for a browser.</summary>
    Html,

    /// <summary>application/problem+json (RFC 9457): for a program.</summary>
    Json,
}
