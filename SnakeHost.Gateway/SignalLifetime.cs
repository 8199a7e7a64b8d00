using System.Runtime.InteropServices;
using SnakeHost.Gateway.Http;
using SnakeHost.Gateway.Listening;
using SnakeHost.Gateway.Supervision;

namespace SnakeHost.Gateway;

/// <summary>
/// The signals that end the gateway. After SIGTERM it drains first: for the time that is configured it serves on (<see cref="Drain"/>), then it takes no more connections, then it stops as
/// it does at once after SIGINT, also during the drain.
/// </summary>
/// <remarks>
/// A second SIGTERM changes nothing: service managers send one to each process of a service, and so does a supervisor to its workers. A worker in whose place another one serves takes no
/// connection more, as that one gets them; what it has is served on.
/// </remarks>
internal sealed partial class SignalLifetime(TimeSpan drain, PublicSockets sockets, IHostApplicationLifetime application, ILogger<SignalLifetime> logger) : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _signals = [];
    private bool _isTold;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => BeginDrain(signal, isReplaced: false)));
        if (sockets.IsShared)
            _signals.Add(PosixSignalRegistration.Create((PosixSignal)GatewayWorker.Replaced, signal => BeginDrain(signal, isReplaced: true)));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGQUIT, Stop));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _signals.ForEach(static signal => signal.Dispose());

    private void Stop(PosixSignalContext signal)
    {
        signal.Cancel = true;
        application.StopApplication();
    }

    private void BeginDrain(PosixSignalContext signal, bool isReplaced)
    {
        signal.Cancel = true;
        if (drain == TimeSpan.Zero || !application.ApplicationStarted.IsCancellationRequested)
            application.StopApplication();
        else if (!Interlocked.Exchange(ref _isTold, true))
            _ = DrainAsync(isReplaced);
    }

    private async Task DrainAsync(bool isReplaced)
    {
        Drain.Begin(isTold: !isReplaced);
        if (isReplaced)
            await sockets.CloseAsync(application.ApplicationStopping);
        else
            Log.Drains(logger, drain.TotalSeconds);
        await Task.Delay(drain, application.ApplicationStopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!isReplaced)
            await sockets.CloseAsync(application.ApplicationStopping);
        application.StopApplication();
    }

    private static partial class Log
    {
        [LoggerMessage(240, LogLevel.Information, "The gateway drains: its health says so, and it takes requests for another {Seconds:0.##} s (SnakeHost:Drain)")]
        public static partial void Drains(ILogger logger, double seconds);
    }
}
