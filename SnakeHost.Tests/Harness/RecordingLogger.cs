using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace SnakeHost.Tests.Harness;

/// <summary>Keeps what is logged.</summary>
internal class RecordingLogger : ILogger
{
    public ConcurrentQueue<(LogLevel Level, int Id, string Message)> Entries { get; } = new();

    public IReadOnlyCollection<string> Messages => [.. Entries.Select(static entry => entry.Message)];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Entries.Enqueue((logLevel, eventId.Id, formatter(state, exception)));
}
