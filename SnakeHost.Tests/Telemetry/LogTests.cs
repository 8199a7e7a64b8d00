using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Telemetry;

/// <summary>What apps print and log, as a collector gets it.</summary>
public sealed class LogTests(TracedGateway shared) : IClassFixture<TracedGateway>
{
    private const string App = """
        import asyncio, logging, sys, threading
        logging.basicConfig(level=logging.INFO, format="%(levelname)s:%(message)s", handlers=[logging.StreamHandler(), logging.StreamHandler(sys.stdout)])
        log = logging.getLogger("shop.orders")

        def fail():
            try:
                {}["key"]
            except KeyError:
                log.exception("NAME failed %d times", 3)

        def answer(path):
            print("NAME printed")
            print("NAME to stderr", file=sys.stderr)
            log.info("NAME informed")
            log.debug("NAME debugged")
            fail()
            thread = threading.Thread(target=lambda: log.warning("NAME from a thread"))
            thread.start()
            thread.join()
            return "ok"
        """;

    [Theory]
    [InlineData("wsgi")]
    [InlineData("asgi")]
    public async Task EachLine_IsOneRecord_OfTheTenantAndTheTrace(string kind)
    {
        var tenant = shared.Tenants.AddUnique("logging-" + kind);
        tenant.Write("main.py", PythonApps.Answering(App.Replace("NAME", tenant.Name, StringComparison.Ordinal), kind));
        await shared.Gateway.Client.TextAsync(tenant.Url("/"));
        var python = await shared.RequestAsync(tenant.Name);

        var printed = await shared.LogAsync($"{tenant.Name} printed");
        var error = await shared.LogAsync($"{tenant.Name} to stderr");
        var informed = await shared.LogAsync($"{tenant.Name} informed");
        var failed = await shared.LogAsync($"{tenant.Name} failed 3 times");
        var threaded = await shared.LogAsync($"{tenant.Name} from a thread");

        Assert.All([printed, error, informed, failed, threaded], log =>
        {
            Assert.Equal((tenant.Name, python.TraceId, python.Id), (log.Service, log.TraceId, log.SpanId));
            Assert.False(log.Resource.ContainsKey("service.instance.id"));
            Assert.Equal("1", log.Attributes["snakehost.generation"]);
        });
        Assert.Equal(("stdout", "stderr"), (printed.Attributes["log.iostream"], error.Attributes["log.iostream"]));
        Assert.Equal(("shop.orders", "Info"), (informed.Scope, informed.Severity));
        Assert.Equal(("shop.orders", "Error"), (failed.Scope, failed.Severity));
        Assert.Equal("Warn", threaded.Severity);
        Assert.Equal(("KeyError", "'key'"), (failed.Attributes["exception.type"], failed.Attributes["exception.message"]));
        Assert.Contains("main.py\", line 7, in fail", failed.Attributes["exception.stacktrace"], StringComparison.Ordinal);
        Assert.Equal(("fail", "9"), (failed.Attributes["code.function.name"], failed.Attributes["code.line.number"]));
        Assert.DoesNotContain(shared.Receiver.Logs, log => log.Body.Contains("debugged", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhatIsPrintedDuringTheImport_BelongsToThat()
    {
        var tenant = shared.Tenants.AddUnique("chatty");
        tenant.Write("main.py", PythonApps.Answering($"print('{tenant.Name} starts')\ndef answer(path): return 'ok'"));
        await shared.Gateway.Client.TextAsync(tenant.Url("/"));

        var import = await shared.SpanAsync("tenant.import", tenant.Name);
        var log = await shared.LogAsync($"{tenant.Name} starts");
        Assert.Equal((import.TraceId, import.Id), (log.TraceId, log.SpanId));
    }

    [Fact]
    public async Task AnAppWithoutHandlers_HasItsWarningsPassedOn_AndTheFailureIsTheTenantsToo()
    {
        var tenant = shared.Tenants.AddUnique("plain");
        tenant.Write("main.py", PythonApps.Answering($"import logging\ndef answer(path):\n    logging.getLogger('x').warning('{tenant.Name} warns')\n    raise LookupError('lost')"));
        using var response = await shared.Gateway.Client.GetAsync(tenant.Url("/"), TestContext.Current.CancellationToken);

        var python = await shared.RequestAsync(tenant.Name);
        var warning = await shared.LogAsync($"{tenant.Name} warns");
        Assert.Equal(("x", "Warn", python.Id), (warning.Scope, warning.Severity, warning.SpanId));
        await Eventually.Async(() =>
        {
            var failure = Assert.Single(shared.Receiver.Logs, log => log.Service == tenant.Name && log.Body.Contains("LookupError: lost", StringComparison.Ordinal));
            Assert.Equal(python.TraceId, failure.TraceId);
            return Task.CompletedTask;
        });
    }
}
