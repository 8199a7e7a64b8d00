using Microsoft.Extensions.Hosting;
using OpenTelemetry;

namespace SnakeHost.ServiceDefaults;

/// <summary>Runs the OpenTelemetry SDK with the host where the feed lacks <c>OpenTelemetry.Extensions.Hosting</c>.</summary>
internal static class TelemetryHosting
{
    public static void AddTelemetry(this IHostApplicationBuilder builder, Action<IOpenTelemetryBuilder> configure) =>
        TelemetryService.Add(builder, configure);
}
