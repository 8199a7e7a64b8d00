using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;

namespace SnakeHost.ServiceDefaults;

/// <summary>Runs the OpenTelemetry SDK with the host, by the package <c>OpenTelemetry.Extensions.Hosting</c>.</summary>
internal static class TelemetryHosting
{
    public static void AddTelemetry(this IHostApplicationBuilder builder, Action<IOpenTelemetryBuilder> configure) =>
        configure(builder.Services.AddOpenTelemetry());
}
