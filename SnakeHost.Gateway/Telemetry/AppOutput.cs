using System.Collections.Concurrent;

namespace SnakeHost.Gateway.Telemetry;

/// <summary>What apps print and log, as log records that name the app and the trace they belong to.</summary>
internal sealed class AppOutput(OutputHistory history, ILoggerFactory loggers) : IAppOutput
{
    /// <summary>An app that invents logger names does not fill the memory with them.</summary>
    private const int KnownLoggers = 512;

    private static readonly EventId s_line = new(400, "Line");
    private static readonly EventId s_record = new(401, "Record");

    private readonly ILogger _lines = loggers.CreateLogger<AppOutput>();
    private readonly ConcurrentDictionary<string, ILogger> _loggers = new(StringComparer.Ordinal);

    public void WriteLine(string generation, string stream, string line, string? traceParent)
    {
        history.Add(AppLog.TenantOf(generation), stream, line);
        if (!_lines.IsEnabled(LogLevel.Information))
            return;
        var log = new AppLog(generation, stream, line, line, traceParent);
        log.Add("log.iostream", stream);
        Write(_lines, LogLevel.Information, s_line, log);
    }

    public void WriteRecord(PythonRecord record)
    {
        history.Add(AppLog.TenantOf(record.Generation), "log", record.Text);
        var logger = LoggerFor(record.Logger);
        var level = Level(record.Level);
        if (!logger.IsEnabled(level))
            return;
        var log = new AppLog(record.Generation, "log", record.Text, record.Message, record.TraceParent);
        if (record.ExceptionType is { } type)
        {
            log.Add(SnakeHostTelemetry.Attributes.ExceptionType, type);
            log.Add(SnakeHostTelemetry.Attributes.ExceptionMessage, record.ExceptionMessage);
            log.Add(SnakeHostTelemetry.Attributes.ExceptionStackTrace, record.ExceptionStackTrace);
        }

        log.Add("code.file.path", record.File);
        log.Add("code.line.number", record.Line);
        log.Add("code.function.name", record.Function);
        Write(logger, level, s_record, log);
    }

    /// <summary>The levels of Python are numbers with names for some; what lies between belongs to the one below.</summary>
    internal static LogLevel Level(long level) => level switch
    {
        >= 50 => LogLevel.Critical,
        >= 40 => LogLevel.Error,
        >= 30 => LogLevel.Warning,
        >= 20 => LogLevel.Information,
        >= 10 => LogLevel.Debug,
        _ => LogLevel.Trace,
    };

    private ILogger LoggerFor(string name) =>
        _loggers.TryGetValue(name, out var logger) ? logger
        : _loggers.Count < KnownLoggers ? _loggers.GetOrAdd(name, loggers.CreateLogger)
        : _lines;

    private static void Write(ILogger logger, LogLevel level, EventId id, AppLog log) =>
        logger.Log(level, id, log, null, static (log, _) => log.ToString());
}
