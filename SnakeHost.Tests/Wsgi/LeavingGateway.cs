using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Wsgi;

/// <summary>One thread for each WSGI app, a listener for HTTP/2, and a log of each request.</summary>
public sealed class LeavingGateway() : GatewayFixture("--threads", "1", "--access-logs", "json", "--listen", "h2c://127.0.0.1:0", "--autoreload=false");
