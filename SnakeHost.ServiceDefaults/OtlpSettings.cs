using Microsoft.Extensions.Configuration;
using OpenTelemetry.Exporter;

namespace SnakeHost.ServiceDefaults;

/// <summary>
/// The <c>OTEL_*</c> variables that say where telemetry goes, from whatever the configuration has them (OpenTelemetry specification, "OTLP
/// Exporter Configuration"). A signal's own variable (<c>OTEL_EXPORTER_OTLP_TRACES_ENDPOINT</c>) goes before the general one.
/// </summary>
internal sealed class OtlpSettings(IConfiguration configuration) : IDisposable
{
    public const string Traces = "TRACES";
    public const string Metrics = "METRICS";
    public const string Logs = "LOGS";

    private static readonly string[] s_certificates =
        ["OTEL_EXPORTER_OTLP_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY"];

    // However many exporters there are, they share these connections.
    private readonly SocketsHttpHandler _connections = new() { PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1) };

    public bool IsOn => IsSignalOn(Traces) || IsSignalOn(Metrics) || IsSignalOn(Logs);

    public bool IsSignalOn(string signal) =>
        !Is("OTEL_SDK_DISABLED", "true")
        && !Is($"OTEL_{signal}_EXPORTER", "none")
        && Value(signal, "ENDPOINT") is not null;

    /// <exception cref="TelemetrySettingsException">A variable of a signal that is on has a value that cannot be used.</exception>
    public void Validate()
    {
        foreach (var signal in new[] { Traces, Metrics, Logs })
        {
            if (IsSignalOn(signal))
                Create(signal);
        }
    }

    public OtlpExporterOptions Create(string signal)
    {
        var options = new OtlpExporterOptions
        {
            Protocol = Value(signal, "PROTOCOL")?.ToLowerInvariant() switch
            {
                "http/protobuf" => OtlpExportProtocol.HttpProtobuf,
                null or "grpc" => OtlpExportProtocol.Grpc,
                var other => throw new TelemetrySettingsException($"OTEL_EXPORTER_OTLP_PROTOCOL is '{other}'; grpc and http/protobuf are supported."),
            },
            Headers = Headers(signal),
            Compression = Value(signal, "COMPRESSION") == "gzip" ? OtlpExportCompression.GZip : OtlpExportCompression.None,
        };
        options.Endpoint = Endpoint(signal, options.Protocol);
        if (int.TryParse(Value(signal, "TIMEOUT"), out var milliseconds))
            options.TimeoutMilliseconds = milliseconds;

        // With certificates the exporter makes clients of its own, which know them.
        if (Array.TrueForAll(s_certificates, name => string.IsNullOrEmpty(configuration[name])))
        {
            var timeout = TimeSpan.FromMilliseconds(options.TimeoutMilliseconds);
            options.HttpClientFactory = () => new HttpClient(_connections, disposeHandler: false) { Timeout = timeout };
        }

        return options;
    }

    /// <summary>In milliseconds.</summary>
    public int MetricInterval => int.TryParse(configuration["OTEL_METRIC_EXPORT_INTERVAL"], out var milliseconds) && milliseconds > 0 ? milliseconds : 60_000;

    public bool WantsDelta => Is("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta");

    public void Dispose() => _connections.Dispose();

    private string? Headers(string signal)
    {
        var headers = Value(signal, "HEADERS");
        // The value may be a secret, so it is not repeated.
        return headers is null || headers.Split(',').All(header => header.Contains('=', StringComparison.Ordinal))
            ? headers
            : throw new TelemetrySettingsException("OTEL_EXPORTER_OTLP_HEADERS is not a list of name=value with commas between.");
    }

    /// <summary>A general endpoint is a base, to which HTTP adds the signal's path; a signal's own is used as it is.</summary>
    private Uri Endpoint(string signal, OtlpExportProtocol protocol)
    {
        var own = configuration[$"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"];
        var text = string.IsNullOrWhiteSpace(own) ? configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]! : own;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https"))
            throw new TelemetrySettingsException($"OTEL_EXPORTER_OTLP_ENDPOINT is '{text}', which is not the URL of a collector.");
        return protocol == OtlpExportProtocol.Grpc || !string.IsNullOrWhiteSpace(own)
            ? endpoint
            : new Uri($"{endpoint.AbsoluteUri.TrimEnd('/')}/v1/{signal.ToLowerInvariant()}");
    }

    private string? Value(string signal, string name)
    {
        var value = configuration[$"OTEL_EXPORTER_OTLP_{signal}_{name}"];
        if (string.IsNullOrWhiteSpace(value))
            value = configuration[$"OTEL_EXPORTER_OTLP_{name}"];
        return string.IsNullOrWhiteSpace(value) ? null : value.Trim();
    }

    private bool Is(string key, string value) => value.Equals(configuration[key]?.Trim(), StringComparison.OrdinalIgnoreCase);
}
