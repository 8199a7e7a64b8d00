using Microsoft.Extensions.Configuration;
using OpenTelemetry.Exporter;
using SnakeHost.ServiceDefaults;

namespace SnakeHost.Tests.ServiceDefaults;

/// <summary>OpenTelemetry specification, "OTLP Exporter Configuration" and "SDK Environment Variables".</summary>
public sealed class OtlpSettingsTests
{
    [Theory]
    [InlineData("http/protobuf", "http://127.0.0.1:4318/base", "http://127.0.0.1:4318/base/v1/traces")]
    [InlineData("http/protobuf", "http://127.0.0.1:4318/", "http://127.0.0.1:4318/v1/traces")]
    [InlineData("grpc", "http://127.0.0.1:4317", "http://127.0.0.1:4317/")]
    public void TheGeneralEndpoint_IsABase(string protocol, string endpoint, string expected)
    {
        using var settings = Read(("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol));
        Assert.Equal(expected, settings.Create(OtlpSettings.Traces).Endpoint.ToString());
    }

    [Fact]
    public void ASignalsOwnVariables_GoFirst_AndItsEndpointIsUsedAsItIs()
    {
        using var settings = Read(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "key=general"),
            ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://127.0.0.1:1/logs"),
            ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "key=logs"),
            ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "1500"),
            ("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "gzip"));

        var logs = settings.Create(OtlpSettings.Logs);
        var traces = settings.Create(OtlpSettings.Traces);

        Assert.Equal(
            ("http://127.0.0.1:1/logs", OtlpExportProtocol.HttpProtobuf, "key=logs", 1500, OtlpExportCompression.GZip),
            (logs.Endpoint.ToString(), logs.Protocol, logs.Headers, logs.TimeoutMilliseconds, logs.Compression));
        Assert.Equal(
            ("http://127.0.0.1:4317/", OtlpExportProtocol.Grpc, "key=general", 10_000, OtlpExportCompression.None),
            (traces.Endpoint.ToString(), traces.Protocol, traces.Headers, traces.TimeoutMilliseconds, traces.Compression));
    }

    [Theory]
    [InlineData("OTEL_SDK_DISABLED", "true", false, false)]
    [InlineData("OTEL_TRACES_EXPORTER", "none", false, true)]
    [InlineData("OTEL_LOGS_EXPORTER", "none", true, false)]
    [InlineData("OTEL_SDK_DISABLED", "false", true, true)]
    public void ASignal_CanBeTurnedOff(string name, string value, bool traces, bool logs)
    {
        using var settings = Read(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317"), (name, value));
        Assert.Equal((traces, logs), (settings.IsSignalOn(OtlpSettings.Traces), settings.IsSignalOn(OtlpSettings.Logs)));
    }

    [Fact]
    public void OneSignalsEndpoint_TurnsOnThatSignalAlone()
    {
        using var settings = Read(("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:4317"));
        Assert.True(settings.IsOn);
        Assert.False(settings.IsSignalOn(OtlpSettings.Metrics));
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")]
    public void AValueThatCannotBeUsed_IsNamed(string name, string value)
    {
        using var settings = Read(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317"), (name, value));
        var refusal = Assert.Throws<TelemetrySettingsException>(settings.Validate);
        Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"'{value}'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void HeadersThatAreNone_AreNotRepeated()
    {
        using var settings = Read(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317"), ("OTEL_EXPORTER_OTLP_HEADERS", "secret"));
        Assert.DoesNotContain("secret", Assert.Throws<TelemetrySettingsException>(settings.Validate).Message, StringComparison.Ordinal);
    }

    private static OtlpSettings Read(params (string Name, string Value)[] variables) => new(
        new ConfigurationBuilder().AddInMemoryCollection(variables.GroupBy(pair => pair.Name).Select(group => new KeyValuePair<string, string?>(group.Key, group.Last().Value))).Build());
}
