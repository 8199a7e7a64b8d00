using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Telemetry;

/// <summary>The metrics of a real gateway, as a collector gets them.</summary>
public sealed class MetricTests(TracedGateway shared) : IClassFixture<TracedGateway>
{
    [Fact]
    public async Task EachMetric_HasItsUnit_AndCountsTheTenant()
    {
        var wsgi = shared.Tenants.Add("metered-wsgi", ("main.py", PythonApps.Answering("def answer(path):\n    if path == '/fail': raise LookupError\n    return 1")));
        var asgi = shared.Tenants.Add("metered_asgi", ("main.py", PythonApps.Answering("import os\ndef answer(path): return os.environ['OTEL_SERVICE_NAME']", "asgi")));
        await shared.Gateway.Client.TextAsync(wsgi.Url("/"));
        Assert.Equal("metered-asgi", await shared.Gateway.Client.TextAsync(new Uri(asgi.Url("/").AbsoluteUri.Replace('_', '-'))));
        using var failed = await shared.Gateway.Client.GetAsync(wsgi.Url("/fail"), TestContext.Current.CancellationToken);
        wsgi.Write("main.py", PythonApps.Answering("def answer(path): return 2"));
        Assert.Equal("2", await shared.Gateway.Client.TextAsync(wsgi.Url("/")));

        await PointAsync("snakehost.request.duration", "s", ("snakehost.tenant", "metered-wsgi"), ("http.response.status_code", "200"));
        await PointAsync("snakehost.request.duration", "s", ("snakehost.tenant", "metered-wsgi"), ("error.type", "LookupError"));
        await PointAsync("snakehost.request.duration", "s", ("snakehost.tenant", "metered_asgi"), ("http.response.status_code", "200"));
        await PointAsync("snakehost.gil.wait", "s", ("snakehost.tenant", "metered-wsgi"));
        await PointAsync("snakehost.loop.lag", "s", ("snakehost.tenant", "metered_asgi"));
        await PointAsync("snakehost.import.duration", "s", ("snakehost.tenant", "metered_asgi"), ("snakehost.outcome", "loaded"));
        await PointAsync("snakehost.reload.duration", "s", ("snakehost.tenant", "metered-wsgi"), ("snakehost.outcome", "loaded"));
        await PointAsync("snakehost.reloads", "{reload}", ("snakehost.tenant", "metered-wsgi"), ("snakehost.outcome", "loaded"));
        await PointAsync("snakehost.tenants", "{tenant}", ("snakehost.tenant.state", "ready"));
        // An export may have caught a request on its way.
        await Eventually.Async(async () => Assert.Equal(0, await PointAsync("snakehost.queue.length", "{request}", ("snakehost.tenant", "metered-wsgi"))));
        await PointAsync("http.server.request.duration", "s", ("http.response.status_code", "200"));
        await PointAsync("kestrel.active_connections", "{connection}");
        await PointAsync("dotnet.gc.collections", "{collection}");
        Assert.DoesNotContain(shared.Receiver.Metrics, metric => metric.Name is "snakehost.gil.wait" && metric.Points.Any(point => point.Attributes["snakehost.tenant"] == "metered_asgi"));
    }

    /// <summary>The value of the newest point with these attributes, under the tenant's name if they tell one, else under the gateway's.</summary>
    private async Task<double> PointAsync(string name, string unit, params (string Name, string Value)[] attributes)
    {
        var value = double.NaN;
        await Eventually.Async(() =>
        {
            var metrics = shared.Receiver.Metrics.Where(metric => metric.Name == name).ToList();
            Assert.True(metrics.Count > 0, $"There is no {name} among {string.Join(", ", shared.Receiver.Metrics.Select(metric => metric.Name).Distinct())}");
            var service = attributes.FirstOrDefault(static wanted => wanted.Name == "snakehost.tenant").Value?.Replace('_', '-') ?? "the-gateway";
            metrics = [.. metrics.Where(metric => metric.Service == service)];
            Assert.All(metrics, metric => Assert.Equal(unit, metric.Unit));
            var points = metrics.SelectMany(metric => metric.Points)
                .Where(point => attributes.All(wanted => point.Attributes.TryGetValue(wanted.Name, out var found) && found == wanted.Value));
            value = Assert.IsType<double>(points.Select(point => (object)point.Value).LastOrDefault());
            return Task.CompletedTask;
        });
        return value;
    }
}
