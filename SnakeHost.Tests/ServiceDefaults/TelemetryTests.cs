using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using SnakeHost.ServiceDefaults;

namespace SnakeHost.Tests.ServiceDefaults;

public sealed class TelemetryTests
{
    [Fact]
    public void WithoutAnEndpoint_NothingOfOpenTelemetryIsRegistered()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.ConfigureOpenTelemetry();
        Assert.DoesNotContain(builder.Services, service => service.ServiceType.FullName!.StartsWith("OpenTelemetry", StringComparison.Ordinal)
            || service.ImplementationType?.FullName?.StartsWith("OpenTelemetry", StringComparison.Ordinal) == true);
        using var host = builder.Build();
        Assert.DoesNotContain(host.Services.GetServices<IHostedService>(), service => service is ExportHealthService);
    }

    [Fact]
    public async Task WithAnEndpoint_TracesMetricsAndLogsReachIt_UnderTheServicesName()
    {
        await using var collector = await Collector.StartAsync();
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_SERVICE_NAME"] = "snakes-under-test",
        });
        builder.ConfigureOpenTelemetry();
        using (var host = builder.Build())
        {
            await host.StartAsync(TestContext.Current.CancellationToken);
            using var source = new ActivitySource("SnakeHost");
            using (var activity = source.StartActivity("tenant.import"))
                Assert.NotNull(activity);
            host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("test").LogTelemetryTest();
            // The end would wait for a moment only, which the first export of a busy machine may take.
            Assert.True(host.Services.GetRequiredService<TracerProvider>().ForceFlush());
            Assert.True(host.Services.GetRequiredService<MeterProvider>().ForceFlush());
            Assert.True(host.Services.GetRequiredService<LoggerProvider>().ForceFlush());
            await host.StopAsync(TestContext.Current.CancellationToken);
        }
        Assert.Contains("tenant.import", collector.Received("/v1/traces"), StringComparison.Ordinal);
        Assert.Contains("a line for the collector", collector.Received("/v1/logs"), StringComparison.Ordinal);
        foreach (var path in new[] { "/v1/traces", "/v1/metrics", "/v1/logs" })
            Assert.Contains("snakes-under-test", collector.Received(path), StringComparison.Ordinal);
    }

    private sealed class Collector(WebApplication app) : IAsyncDisposable
    {
        private readonly ConcurrentDictionary<string, string> _received = new();

        public string Address => app.Urls.Single();

        public string Received(string path) => _received.GetValueOrDefault(path, "");

        public static async Task<Collector> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            var collector = new Collector(app);
            app.MapPost("/v1/{signal}", async (HttpRequest request) =>
            {
                using var reader = new StreamReader(request.Body, Encoding.Latin1);
                var body = await reader.ReadToEndAsync();
                collector._received.AddOrUpdate(request.Path, body, (_, before) => before + body);
                return Results.Bytes(Array.Empty<byte>(), "application/x-protobuf");
            });
            await app.StartAsync();
            return collector;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
