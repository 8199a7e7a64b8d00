using Microsoft.Extensions.Logging;

namespace SnakeHost.Tests.Harness;

/// <inheritdoc cref="RecordingLogger"/>
internal sealed class RecordingLogger<T> : RecordingLogger, ILogger<T>;
