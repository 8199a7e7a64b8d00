using Microsoft.Extensions.Logging;
using OpenTelemetry;

namespace SnakeHost.ServiceDefaults;

/// <summary>Says once that telemetry does not arrive, again at most every few minutes, and once that it does again.</summary>
internal sealed partial class ExportHealth(string endpoint, TimeProvider time) : IDisposable
{
    // Milliseconds for the last export of a signal. The SDK's own 5,000 are longer than anybody waits who has pressed Ctrl-C, and what accepts and does not
    // answer is the rule there: an orchestrator's proxy, whose dashboard has ended first.
    private const int LastExport = 700, HopelessExport = 250;

    private static readonly TimeSpan s_silence = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly ExporterErrors _errors = new();
    private readonly HashSet<string> _failing = new(StringComparer.Ordinal);
    private readonly List<Lazy<Task<bool>>> _ends = [];
    private long? _said;

    /// <summary>Set when the host starts: the log's own exporter is older than any logger.</summary>
    public ILogger? Logger { get; set; }

    /// <summary>Called after each export, on the exporters' threads.</summary>
    /// <param name="signal">What was exported: a collector may take one signal and not the other.</param>
    public ExportResult Report(string signal, ExportResult result)
    {
        lock (_gate)
        {
            if (Logger is not { } logger)
                return result;
            if (result == ExportResult.Success)
            {
                if (_failing.Remove(signal) && _failing.Count == 0)
                {
                    _said = null;
                    Log.Arrives(logger, endpoint);
                }
            }
            else
            {
                _failing.Add(signal);
                if (_said is { } said && time.GetElapsedTime(said) < s_silence)
                    return result;
                _said = time.GetTimestamp();
                Log.Fails(logger, endpoint, _errors.Last ?? "no reason given");
            }
        }

        return result;
    }

    /// <summary>Milliseconds that the end of the process waits for the last of a signal: hardly any when it has not been arriving anyway.</summary>
    /// <param name="signal">What is to be exported.</param>
    /// <param name="atMost">The SDK's own; -1 for no limit.</param>
    public int Patience(string signal, int atMost)
    {
        lock (_gate)
        {
            var patience = _failing.Contains(signal) ? HopelessExport : LastExport;
            return atMost < 0 ? patience : Math.Min(atMost, patience);
        }
    }

    /// <summary>What ends a signal, and all others beside it: the SDK ends one after the other, and each may use its time up.</summary>
    /// <param name="signal">What is to be exported.</param>
    /// <param name="end">Exports the last of it within so many milliseconds.</param>
    public Func<int, bool> WithOthers(string signal, Func<int, bool> end)
    {
        var own = new Lazy<Task<bool>>(() => Task.Factory.StartNew(() => end(Patience(signal, -1)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        lock (_gate)
            _ends.Add(own);
        return milliseconds =>
        {
            List<Lazy<Task<bool>>> all;
            lock (_gate)
                all = [.. _ends];
            foreach (var other in all)
                _ = other.Value;
            return own.Value.GetAwaiter().GetResult();
        };
    }

    public void Dispose() => _errors.Dispose();

    private static partial class Log
    {
        [LoggerMessage(600, LogLevel.Warning, "Telemetry does not reach {Endpoint} and is dropped until it does: {Reason}")]
        public static partial void Fails(ILogger logger, string endpoint, string reason);

        [LoggerMessage(601, LogLevel.Information, "Telemetry reaches {Endpoint} again")]
        public static partial void Arrives(ILogger logger, string endpoint);
    }
}
