namespace SnakeHost.ServiceDefaults;

/// <summary>A variable of OpenTelemetry has a value that cannot be used; the message is one sentence that names both.</summary>
public sealed class TelemetrySettingsException(string message) : Exception(message);
