using Microsoft.Extensions.Logging;

namespace SnakeHost.Tests.ServiceDefaults;

internal static partial class TelemetryTestLog
{
    [LoggerMessage(1, LogLevel.Information, "a line for the collector")]
    public static partial void LogTelemetryTest(this ILogger logger);
}
