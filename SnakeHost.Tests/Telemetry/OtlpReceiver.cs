using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SnakeHost.Tests.Telemetry.Otlp;

namespace SnakeHost.Tests.Telemetry;

/// <summary>A collector: takes OTLP by gRPC and by HTTP/protobuf, and keeps what it gets.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<ReceivedSpan> _spans = new();
    private readonly ConcurrentQueue<ReceivedLog> _logs = new();
    private readonly ConcurrentQueue<ReceivedMetric> _metrics = new();
    private readonly ConcurrentDictionary<string, string> _headers = new();
    private readonly ConcurrentDictionary<string, bool> _connections = new();
    private WebApplication? _app;

    public IReadOnlyCollection<ReceivedSpan> Spans => _spans;

    public IReadOnlyCollection<ReceivedLog> Logs => _logs;

    public IReadOnlyCollection<ReceivedMetric> Metrics => _metrics;

    /// <summary>How many connections have brought something.</summary>
    public int Connections => _connections.Count;

    /// <summary>The last value of each request header.</summary>
    public IReadOnlyDictionary<string, string> Headers => _headers;

    public string Protocol { get; private init; } = "";

    public string Address => _app!.Urls.Single();

    /// <summary>What a process needs to send here, soon.</summary>
    public Dictionary<string, string> Environment => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Address,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = Protocol,
        ["OTEL_BSP_SCHEDULE_DELAY"] = "50",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "50",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
    };

    /// <param name="protocol"><c>grpc</c> or <c>http/protobuf</c>.</param>
    /// <param name="port">0 for any that is free.</param>
    public static async Task<OtlpReceiver> StartAsync(string protocol, int port = 0)
    {
        var receiver = new OtlpReceiver { Protocol = protocol };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhostAt(port, protocol == "grpc" ? HttpProtocols.Http2 : HttpProtocols.Http1));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(receiver);
        var app = receiver._app = builder.Build();
        app.Use((context, next) =>
        {
            receiver._connections[context.Connection.Id] = true;
            foreach (var header in context.Request.Headers)
                receiver._headers[header.Key] = header.Value.ToString();
            return next(context);
        });
        app.MapGrpcService<OtlpServices.Traces>();
        app.MapGrpcService<OtlpServices.Metrics>();
        app.MapGrpcService<OtlpServices.Logs>();
        app.MapPost("/v1/traces", context => TakeAsync(context, ExportTraceServiceRequest.Parser, receiver.Take));
        app.MapPost("/v1/metrics", context => TakeAsync(context, ExportMetricsServiceRequest.Parser, receiver.Take));
        app.MapPost("/v1/logs", context => TakeAsync(context, ExportLogsServiceRequest.Parser, receiver.Take));
        await app.StartAsync();
        return receiver;
    }

    public void Take(ExportTraceServiceRequest request)
    {
        foreach (var resource in request.ResourceSpans)
        {
            foreach (var scope in resource.ScopeSpans)
            {
                foreach (var span in scope.Spans)
                    _spans.Enqueue(new ReceivedSpan(ReceivedAttributes.Read(resource.Resource.Attributes), scope.Scope.Name, span));
            }
        }
    }

    public void Take(ExportLogsServiceRequest request)
    {
        foreach (var resource in request.ResourceLogs)
        {
            foreach (var scope in resource.ScopeLogs)
            {
                foreach (var record in scope.LogRecords)
                    _logs.Enqueue(new ReceivedLog(ReceivedAttributes.Read(resource.Resource.Attributes), scope.Scope.Name, record));
            }
        }
    }

    public void Take(ExportMetricsServiceRequest request)
    {
        foreach (var resource in request.ResourceMetrics)
        {
            foreach (var scope in resource.ScopeMetrics)
            {
                foreach (var metric in scope.Metrics)
                    _metrics.Enqueue(new ReceivedMetric(ReceivedAttributes.Read(resource.Resource.Attributes), scope.Scope.Name, metric));
            }
        }
    }

    public ValueTask DisposeAsync() => _app!.DisposeAsync();

    private static async Task TakeAsync<T>(HttpContext context, MessageParser<T> parser, Action<T> take)
        where T : IMessage<T>
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        take(parser.ParseFrom(body.ToArray()));
        context.Response.ContentType = "application/x-protobuf";
    }
}
