using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;

namespace SnakeHost.ServiceDefaults;

/// <summary>Runs the OpenTelemetry SDK as long as the host, and flushes it at the end.</summary>
internal sealed class TelemetryService(Func<OpenTelemetrySdk> create) : IHostedService, IDisposable
{
    private OpenTelemetrySdk? _sdk;

    public static void Add(IHostApplicationBuilder builder, Action<IOpenTelemetryBuilder> configure) =>
        builder.Services.AddHostedService(_ => new TelemetryService(() => OpenTelemetrySdk.Create(telemetry =>
        {
            // The SDK's own container would read the environment only.
            telemetry.Services.AddSingleton<IConfiguration>(builder.Configuration);
            configure(telemetry);
        })));

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _sdk = create();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Not already on stop: the last requests end after the first services have stopped.</summary>
    public void Dispose() => _sdk?.Dispose();
}
