using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Telemetry;

/// <summary>A gateway that exports to a receiver; shared by the tests of a class, which have a tenant each.</summary>
public sealed class TracedGateway : IAsyncLifetime
{
    private GatewayProcess? _gateway;
    private OtlpReceiver? _receiver;

    internal string? Python { get; init; }

    internal IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Environment variables beside its own.</summary>
    internal IReadOnlyList<(string Name, string Value)> More { get; init; } = [];

    internal TenantFolder Tenants { get; } = new();

    internal GatewayProcess Gateway => _gateway!;

    internal OtlpReceiver Receiver => _receiver!;

    public async ValueTask InitializeAsync()
    {
        _receiver = await OtlpReceiver.StartAsync("grpc");
        _gateway = await GatewayProcess.StartAsync(new()
        {
            Python = Python,
            Root = Tenants.Root,
            Arguments = Arguments,
            Environment = _receiver.Environment
                .Append(new("OTEL_SERVICE_NAME", "the-gateway"))
                .Append(new("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=one,deployment.environment.name=test"))
                .Concat(More.Select(static one => new KeyValuePair<string, string>(one.Name, one.Value)))
                .ToDictionary(),
        });
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Receiver.DisposeAsync();
        Tenants.Dispose();
    }

    /// <summary>The one span of a name and a tenant, when it has arrived.</summary>
    internal Task<ReceivedSpan> SpanAsync(string name, string tenant) =>
        SpanAsync(span => span.Name == name && span.Service == tenant, $"{name} of {tenant}");

    /// <summary>The span of the one request to a tenant.</summary>
    internal Task<ReceivedSpan> RequestAsync(string tenant) => SpanAsync(span => span.IsServer && span.Service == tenant, $"of a request to {tenant}");

    internal async Task<ReceivedSpan> SpanAsync(Func<ReceivedSpan, bool> predicate, string what)
    {
        ReceivedSpan? found = null;
        await Eventually.Async(() =>
        {
            var all = Receiver.Spans.Where(predicate).ToList();
            Assert.True(all.Count == 1, $"{all.Count} spans {what}; there are {string.Join(", ", Receiver.Spans.TakeLast(30).Select(span => $"{span.Name} of {span.Service}"))}");
            found = all[0];
            return Task.CompletedTask;
        });
        return found!;
    }

    internal async Task<ReceivedLog> LogAsync(string body)
    {
        ReceivedLog? found = null;
        await Eventually.Async(() =>
        {
            var all = Receiver.Logs.Where(log => log.Body == body).ToList();
            Assert.True(all.Count == 1, $"{all.Count} log records '{body}'; there are {string.Join(" | ", Receiver.Logs.TakeLast(20).Select(log => log.Body))}");
            found = all[0];
            return Task.CompletedTask;
        });
        return found!;
    }
}
