using SnakeHost.Tests.Harness;
using SnakeHost.Tests.Telemetry;

namespace SnakeHost.Tests.Workers;

/// <summary>What a collector gets of an app in a process of its own.</summary>
public sealed class ProcessTelemetryTests
{
    [Fact]
    public async Task TheTrace_IsWhatItIsWithoutAProcess_AndTheAppsLinesBelongToIt()
    {
        await using var shared = new TracedGateway { Arguments = ["--isolation", "process"] };
        await shared.InitializeAsync();
        var tenant = shared.Tenants.Add("apart", ("main.py",
            """
            import logging
            import inner

            def app(environ, start_response):
                logging.getLogger("shop").warning("told of %s", environ["PATH_INFO"])
                start_response("200 OK", [("Content-Type", "text/plain")])
                return [environ.get("HTTP_TRACEPARENT", "none").encode()]
            """), ("inner.py", "import time\ntime.sleep(0.02)\n"));

        var seen = await shared.Gateway.Client.TextAsync(tenant.Url("/here"));

        var server = await shared.RequestAsync(tenant.Name);
        Assert.Contains($"-{server.Id}-", seen, StringComparison.Ordinal);
        Assert.All(["snakehost.queue_ms", "snakehost.gil_wait_ms", "snakehost.python_ms"], time => Assert.Contains(time, server.Attributes.Keys));

        var import = await shared.SpanAsync("tenant.import", tenant.Name);
        var own = await shared.SpanAsync("import", tenant.Name);
        var module = await shared.SpanAsync("import inner", tenant.Name);
        Assert.Equal((server.Id, import.Id, server.TraceId), (import.ParentId, own.ParentId, module.TraceId));

        await Eventually.Async(() =>
        {
            var log = Assert.Single(shared.Receiver.Logs, log => log.Body == "told of /here");
            Assert.Equal((tenant.Name, server.TraceId, server.Id), (log.Service, log.TraceId, log.SpanId));
            return Task.CompletedTask;
        });
    }
}
