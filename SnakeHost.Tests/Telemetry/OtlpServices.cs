using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using SnakeHost.Tests.Telemetry.Otlp;

namespace SnakeHost.Tests.Telemetry;

/// <summary>The gRPC side of <see cref="OtlpReceiver"/>.</summary>
internal static class OtlpServices
{
    public static void ListenLocalhostAt(this KestrelServerOptions kestrel, int port, HttpProtocols protocols) =>
        kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = protocols);

    internal sealed class Traces(OtlpReceiver receiver) : TraceService.TraceServiceBase
    {
        public override Task<ExportTraceServiceResponse> Export(ExportTraceServiceRequest request, ServerCallContext context)
        {
            receiver.Take(request);
            return Task.FromResult(new ExportTraceServiceResponse());
        }
    }

    internal sealed class Metrics(OtlpReceiver receiver) : MetricsService.MetricsServiceBase
    {
        public override Task<ExportMetricsServiceResponse> Export(ExportMetricsServiceRequest request, ServerCallContext context)
        {
            receiver.Take(request);
            return Task.FromResult(new ExportMetricsServiceResponse());
        }
    }

    internal sealed class Logs(OtlpReceiver receiver) : LogsService.LogsServiceBase
    {
        public override Task<ExportLogsServiceResponse> Export(ExportLogsServiceRequest request, ServerCallContext context)
        {
            receiver.Take(request);
            return Task.FromResult(new ExportLogsServiceResponse());
        }
    }
}
