using System.Collections;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Http;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.ServiceDefaults;

namespace SnakeHost.Gateway.Pipeline;

/// <summary>What is told of one request. Whatever a client has sent is escaped: it cannot begin another line, nor steer a terminal.</summary>
internal sealed class AccessEntry : IReadOnlyList<KeyValuePair<string, object?>>, IRecordedLog
{
    private readonly KeyValuePair<string, object?>[] _fields;
    private readonly AccessLogFormat _format;

    public AccessEntry(HttpContext context, string target, long bytes, TimeSpan duration, AccessLogFormat format)
    {
        _format = format;
        var traceId = RequestTrace.Id(context);
        Trace = RequestTrace.Of(context)?.Context ?? default;
        var (request, response) = (context.Request, context.Response);
        var status = !response.HasStarted && context.RequestAborted.IsCancellationRequested ? ClientConnection.ClosedRequest : response.StatusCode;
        _fields =
        [
            new("time", DateTimeOffset.UtcNow),
            new("client", context.Connection.RemoteIpAddress ?.Unmapped().ToString()),
            new("host", Text(request.Headers.Host.ToString())),
            new("tenant", RequestNotes.Find(context)?.Tenant?.Id),
            new("method", request.Method),
            new("path", target),
            new("protocol", request.Protocol),
            new("status", status),
            // What is written in answer to HEAD, or to nobody, does not leave the server.
            new("bytes", HttpMethods.IsHead(request.Method) || status == ClientConnection.ClosedRequest ? 0L : bytes),
            new("duration_ms", Math.Round(duration.TotalMilliseconds, 1)),
            new("user_agent", Text(request.Headers.UserAgent.ToString())),
            new("referer", Text(request.Headers.Referer.ToString())),
            new("trace_id", traceId),
        ];
    }

    public string Body => _format == AccessLogFormat.Json ? ToJson() : ToCombined();

    public ActivityContext Trace { get; }

    public int Count => _fields.Length;

    public KeyValuePair<string, object?> this[int index] => _fields[index];

    /// <summary>The combined format of Apache and nginx, with the time it took in milliseconds behind it.</summary>
    public string ToCombined()
    {
        var time = ((DateTimeOffset)Value("time")!).ToLocalTime().ToString("dd/MMM/yyyy:HH:mm:ss zzz", CultureInfo.InvariantCulture).Remove(24, 1);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Value("client") ?? "-"} - - [{time}] \"{Value("method")} {Quotable("path")} {Value("protocol")}\" {Value("status")} {Value("bytes")} \"{Quotable("referer")}\" \"{Quotable("user_agent")}\" {Value("duration_ms"):0.0}");
    }

    public string ToJson()
    {
        using var buffer = new MemoryStream(512);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in _fields)
                Write(writer, name, value);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, object?>>)_fields).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private object? Value(string name) => Array.Find(_fields, field => field.Key == name).Value;

    private static void Write(Utf8JsonWriter writer, string name, object? value)
    {
        writer.WritePropertyName(name);
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case DateTimeOffset time:
                writer.WriteStringValue(time.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
                break;
            case int or long or double:
                writer.WriteRawValue(Convert.ToString(value, CultureInfo.InvariantCulture)!);
                break;
            default:
                writer.WriteStringValue(value.ToString());
                break;
        }
    }

    private static string? Text(string? value) => string.IsNullOrEmpty(value) ? null : value;

    /// <summary>As nginx and Apache escape: quotes, backslashes, and every byte that is not printable ASCII as \xHH.</summary>
    private string Quotable(string name)
    {
        if (Value(name) is not string text)
            return "-";
        var escaped = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            if (character is '"' or '\\')
                escaped.Append('\\').Append(character);
            else if (character is >= ' ' and <= '~')
                escaped.Append(character);
            else
                escaped.Append(CultureInfo.InvariantCulture, $"\\x{(int)character:x2}");
        }

        return escaped.ToString();
    }
}
