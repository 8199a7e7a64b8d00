using Microsoft.Extensions.Logging;

namespace SnakeHost.Tests.Harness;

/// <summary>Keeps what all of an application's loggers are told.</summary>
internal sealed class RecordingLoggerProvider : ILoggerProvider
{
    private readonly RecordingLogger _logger = new();

    public IReadOnlyCollection<string> Messages => _logger.Messages;

    public ILogger CreateLogger(string categoryName) => _logger;

    public void Dispose()
    {
    }
}
