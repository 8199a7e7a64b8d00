using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SnakeHost.ServiceDefaults;

/// <summary>Gives <see cref="ExportHealth"/> a voice as long as the host runs. Registered before the SDK, so that it hears its last export.</summary>
internal sealed class ExportHealthService(ExportHealth health, ILoggerFactory loggers) : IHostedService, IDisposable
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        health.Logger = loggers.CreateLogger("SnakeHost.Telemetry");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => health.Dispose();
}
