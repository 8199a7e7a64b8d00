using System.Net.Sockets;
using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Telemetry;

/// <summary>One pipeline for however many tenants, and what happens when nobody is at its end.</summary>
public sealed class PipelineTests : IDisposable
{
    private const int Many = 100;

    private static readonly string s_app = PythonApps.Answering("def answer(path):\n    print('answered')\n    return 'here'");

    // The pool, the JIT and the garbage collector of .NET; what adds threads to WSGI apps.
    private static readonly string[] s_passing = ["tenant-", ".NET TP", ".NET Tiered", ".NET BGC", "SnakeHost growt"];

    private readonly TenantFolder _tenants = new();

    public void Dispose() => _tenants.Dispose();

    [Theory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task AHundredTenants_HaveNoThreadAndNoConnectionMoreThanOne(string protocol)
    {
        await using var receiver = await OtlpReceiver.StartAsync(protocol);
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = _tenants.Root, Environment = receiver.Environment });
        await AskAsync(gateway, receiver, 0, 1);
        var before = Threads(gateway);

        await AskAsync(gateway, receiver, 1, Many);

        var after = Threads(gateway);
        Assert.InRange(before.Count(name => name.StartsWith("OpenTelemetry", StringComparison.Ordinal)), 2, 3);
        Assert.Equal(before, after);
        Assert.InRange(receiver.Connections, 1, 3);
        await gateway.StopAsync();
    }

    [Fact]
    public async Task ACollectorThatIsAway_IsSaidOnce_AndOnceWhenItIsBack()
    {
        var tenant = _tenants.Add("lonely", ("main.py", s_app));
        var port = Loopback.FreeAddress().Port;
        Dictionary<string, string> environment;
        await using (var absent = await OtlpReceiver.StartAsync("http/protobuf", port))
            environment = absent.Environment;
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = _tenants.Root, Environment = environment });
        Assert.Equal("here", await gateway.Client.TextAsync(tenant.Url("/")));
        await gateway.Output.WaitForLineAsync("Telemetry does not reach");
        for (var n = 0; n < 20; n++)
            Assert.Equal("here", await gateway.Client.TextAsync(tenant.Url("/")));

        await using var receiver = await OtlpReceiver.StartAsync("http/protobuf", port);
        await gateway.Client.TextAsync(tenant.Url("/"));
        await gateway.Output.WaitForLineAsync("Telemetry reaches");
        await Eventually.Async(async () =>
        {
            await gateway.Client.TextAsync(tenant.Url("/"));
            Assert.Contains(receiver.Spans, span => span.Service == "lonely");
        });
        Assert.Single(gateway.Output.All, line => line.Contains("Telemetry does not reach", StringComparison.Ordinal));
        Assert.Single(gateway.Output.All, line => line.Contains("Telemetry reaches", StringComparison.Ordinal));
        await gateway.StopAsync();
    }

    [Fact]
    public async Task AnEndpointThatIsNone_StopsTheGateway_WithASentence()
    {
        await using var run = GatewayRun.Start(new() { Root = _tenants.Root, Environment = new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "collector" } });

        Assert.NotEqual(0, await run.WaitForExitAsync());
        Assert.Contains(run.Errors.All, line => line == "OTEL_EXPORTER_OTLP_ENDPOINT is 'collector', which is not the URL of a collector.");
    }

    private async Task AskAsync(GatewayProcess gateway, OtlpReceiver receiver, int from, int to)
    {
        for (var n = from; n < to; n++)
            await gateway.Client.TextAsync(_tenants.Add($"tenant-{n}", ("main.py", s_app)).Url("/"));
        await Eventually.Async(() =>
        {
            var expected = Enumerable.Range(0, to).Select(n => $"tenant-{n}").Order(StringComparer.Ordinal);
            // Of these requests alone: somebody who still asks a gateway that has ended may meet this one at its port.
            var asked = receiver.Spans.Where(span => span.IsServer && span.Attributes.GetValueOrDefault("server.address")?.StartsWith("tenant-", StringComparison.Ordinal) == true);
            Assert.Equal(expected, asked.Select(span => span.Service).Distinct().Order(StringComparer.Ordinal));
            Assert.Equal(expected, receiver.Logs.Where(log => log.Body == "answered").Select(log => log.Service).Distinct().Order(StringComparer.Ordinal));
            Assert.Contains(receiver.Metrics, metric => metric.Name == "snakehost.request.duration");
            return Task.CompletedTask;
        });
    }

    /// <summary>Names of the process's threads, less those of tenants (<c>name#1</c>) and those that come when they are first needed.</summary>
    private static List<string> Threads(GatewayProcess gateway) =>
        [.. Directory.EnumerateDirectories($"/proc/{gateway.Id}/task")
            .Select(task => File.ReadAllText(Path.Join(task, "comm")).Trim())
            .Where(name => !s_passing.Any(start => name.StartsWith(start, StringComparison.Ordinal)))
            .Order(StringComparer.Ordinal)];
}
