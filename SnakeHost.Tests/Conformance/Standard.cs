namespace SnakeHost.Tests.Conformance;

/// <summary>The documents whose rules <see cref="ConformsAttribute"/> names, in the order of <c>docs/conformance.md</c>.</summary>
public static class Standard
{
    public const string Wsgi = "WSGI (PEP 3333)";
    public const string AsgiHttp = "ASGI HTTP 2.5";
    public const string AsgiWebSocket = "ASGI WebSocket 2.5";
    public const string AsgiLifespan = "ASGI lifespan 2.0";
    public const string AsgiExtensions = "ASGI extensions";
    public const string Http = "HTTP (RFC 9110, 9112, 9113)";
    public const string WebSocket = "WebSocket protocol (RFC 6455, 7692)";
    public const string TraceContext = "W3C Trace Context";
    public const string Gateway = "Around the app (SnakeHost's own promises)";

    public static IReadOnlyList<string> All { get; } = [Wsgi, AsgiHttp, AsgiWebSocket, AsgiLifespan, AsgiExtensions, Http, WebSocket, TraceContext, Gateway];
}
