namespace SnakeHost.Gateway.Configuration;

/// <summary>How a request is written to the log.</summary>
[TrueMeans(nameof(Combined))]
internal enum AccessLogFormat
{
    Off,

    /// <summary>As Apache and nginx write it.</summary>
    Combined,

    /// <summary>One JSON object.</summary>
    Json,
}
