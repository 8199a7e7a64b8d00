using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.ErrorPages;

/// <summary>The answer for a program: problem details, RFC 9457.</summary>
internal static class ProblemJson
{
    /// <summary>
    /// <c>{type, title, status, traceId}</c>; in Development also <c>{detail, remedy, requestId, tenant, app, directory, error}</c>,
    /// the error in the shape of the admin API with <c>frames</c> added.
    /// </summary>
    public static string Render(ErrorResponse answer, ErrorRequest request, bool details)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = details }))
        {
            json.WriteStartObject();
            json.WriteString("type", details ? $"urn:snakehost:{answer.Kind.Slug}" : "about:blank");
            // With about:blank the title is to be the status' own phrase (section 4.2.1).
            json.WriteString("title", details ? answer.Kind.Title : ReasonPhrases.GetReasonPhrase(answer.Status));
            json.WriteNumber("status", answer.Status);
            json.WriteString("traceId", request.TraceId);
            if (details)
                WriteDetails(json, answer, request);
            else
                json.WriteString("detail", answer.PublicTitle);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length) + "\n";
    }

    private static void WriteDetails(Utf8JsonWriter json, ErrorResponse answer, ErrorRequest request)
    {
        json.WriteString("requestId", request.RequestId);
        WriteOptional(json, "detail", answer.Detail);
        json.WriteString("remedy", answer.Remedy);
        WriteOptional(json, "tenant", answer.Tenant);
        WriteOptional(json, "app", answer.App);
        WriteOptional(json, "directory", answer.Directory);
        if (answer.Error is { } error)
            WriteError(json, error);
    }

    private static void WriteError(Utf8JsonWriter json, PythonError error)
    {
        json.WriteStartObject("error");
        json.WriteString("type", DisplayText.Clean(error.Type, DisplayText.LineLength));
        json.WriteString("message", DisplayText.Clean(error.Message, DisplayText.MessageLength));
        json.WriteString("traceback", DisplayText.Clean(error.Traceback, DisplayText.TracebackLength));
        WriteOptional(json, "file", error.File);
        if (error.Line is { } line)
            json.WriteNumber("line", line);
        json.WriteStartArray("frames");
        foreach (var frame in TracebackFrames.Select(error.Frames).OfType<PythonFrame>())
        {
            json.WriteStartObject();
            json.WriteString("file", DisplayText.Clean(frame.File, DisplayText.LineLength));
            json.WriteNumber("line", frame.Line);
            json.WriteString("function", DisplayText.Clean(frame.Function, DisplayText.LineLength));
            WriteOptional(json, "source", frame.Source);
            json.WriteBoolean("isTenantCode", frame.IsTenantCode);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, DisplayText.Clean(value, DisplayText.MessageLength));
    }
}
