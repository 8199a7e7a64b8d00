using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;

namespace SnakeHost.ServiceDefaults;

/// <summary>Runs the OpenTelemetry SDK as long as the host, and flushes it at the end.</summary>
internal sealed class TelemetryService(Func<OpenTelemetrySdk> create, ExportHealth health, ILoggerFactory loggers) : IHostedService, IDisposable
{
    private OpenTelemetrySdk? _sdk;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        health.Logger = loggers.CreateLogger("SnakeHost.Telemetry");
        _sdk = create();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Not already on stop: the last requests end after the first services have stopped.</summary>
    public void Dispose()
    {
        _sdk?.Dispose();
        health.Dispose();
    }
}
