using SnakeHost.Tests.Harness;
using SnakeHost.Tests.Telemetry;

namespace SnakeHost.Tests.Workers;

/// <summary>What a collector gets of an app in a process of its own.</summary>
public sealed class ProcessTelemetryTests
{
    [Fact]
    public async Task OneTrace_LeadsFromTheGatewaysRequestIntoTheProcess_AndTheAppsLinesBelongToIt()
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

        var python = await shared.SpanAsync("python.wsgi", tenant.Name);
        var forward = await shared.SpanAsync("worker.forward", tenant.Name);
        var server = await shared.SpanAsync(span => span.Id == forward.ParentId, "above worker.forward");
        Assert.Equal(("the-gateway", forward.Id), (server.Service, python.ParentId));
        Assert.Contains($"-{python.Id}-", seen, StringComparison.Ordinal);
        Assert.All([python, forward], span => Assert.Equal(server.TraceId, span.TraceId));

        var import = await shared.SpanAsync("tenant.import", tenant.Name);
        var own = await shared.SpanAsync("import", tenant.Name);
        var module = await shared.SpanAsync("import inner", tenant.Name);
        Assert.Equal((server.Id, import.Id, server.TraceId), (import.ParentId, own.ParentId, module.TraceId));

        await Eventually.Async(() =>
        {
            var log = Assert.Single(shared.Receiver.Logs, log => log.Body == "told of /here");
            Assert.Equal((tenant.Name, python.TraceId, python.Id), (log.Service, log.TraceId, log.SpanId));
            return Task.CompletedTask;
        });
    }
}
