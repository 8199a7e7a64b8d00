using SnakeHost.Tests.Harness;
using SnakeHost.Tests.Telemetry;

namespace SnakeHost.Tests.Supervision;

/// <summary>Several gateways at one address export each for itself.</summary>
public sealed class WorkersTelemetryTests
{
    [Fact]
    public async Task EachIsAnInstance_AndTheSupervisorTellsNobodysRequests()
    {
        await using var traced = new TracedGateway { Arguments = ["--workers", "2"] };
        await traced.InitializeAsync();
        var app = traced.Tenants.Add("shop", ("main.py", SupervisedGateway.Pid));

        await SupervisedGateway.AskAllAsync(traced.Gateway, app.Url("/"));

        await Eventually.Async(() =>
        {
            Assert.Equal(["one-1", "one-2"], Instances().Order(StringComparer.Ordinal));
            // Under one resource: else two counts of one name would come by turns.
            Assert.Equal(["one-1", "one-2"], Measurers().Order(StringComparer.Ordinal));
            return Task.CompletedTask;
        });
        Assert.Contains(traced.Receiver.Spans, static span => span.Service == "shop");
        Assert.All(traced.Receiver.Spans.Where(static span => span.Service == "shop"), static span => Assert.DoesNotContain("service.instance.id", span.Resource.Keys));

        HashSet<string> Measurers() =>
            [.. traced.Receiver.Metrics.Where(static metric => metric is { Service: "shop", Name: "snakehost.request.duration" }).SelectMany(static metric => metric.Points).Select(static point => point.Attributes["service.instance.id"])];

        // The supervisor counts no tenants.
        HashSet<string> Instances() => [.. traced.Receiver.Metrics.Where(static metric => metric is { Service: "the-gateway", Name: "snakehost.tenants" }).Select(static metric => metric.Resource["service.instance.id"])];
    }
}
