using Microsoft.AspNetCore.Http;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.ErrorPages;

namespace SnakeHost.Tests.ErrorPages;

/// <summary>Answers and requests that several tests of the error pages share.</summary>
internal static class ErrorResponseSamples
{
    public const string Directory = "/srv/apps/notes";

    public static PythonError KeyError { get; } = new(
        "KeyError", "'title'",
        "Traceback (most recent call last):\n  File \"/srv/apps/notes/main.py\", line 12, in app\nKeyError: 'title'\n",
        "/srv/apps/notes/views.py", 7,
        [
            new("/srv/apps/notes/main.py", 12, "app", "return views.index(environ)", [new(11, "def app(environ, start_response):"), new(12, "    return views.index(environ)")], true),
            new("/usr/lib/python3.11/json/decoder.py", 355, "raw_decode", null, [], false),
            new("/srv/apps/notes/views.py", 7, "index", "return note['title']", [new(7, "    return note['title']")], true),
        ]);

    public static ErrorResponse Raised { get; } = new(ErrorKind.AppRaised) { Error = KeyError, App = "main:app", Directory = Directory, Tenant = "notes-1f" };

    /// <summary>Writes an answer to a request with the given Accept header and gives back what the client would see.</summary>
    public static async Task<(HttpResponse Response, string Body)> WriteAsync(
        ErrorResponse answer, string? accept = null, bool details = true, string method = "GET", string? script = null, Action<HttpContext>? prepare = null)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = method;
        context.Request.Host = new HostString("notes.localhost", 9080);
        context.Request.Path = "/list";
        context.TraceIdentifier = "0HN:00000001";
        if (accept is not null)
            context.Request.Headers.Accept = accept;
        using var body = new MemoryStream();
        context.Response.Body = body;
        prepare?.Invoke(context);
        await new ErrorResponseWriter(details, script is null ? null : _ => script).WriteAsync(context, answer);
        return (context.Response, System.Text.Encoding.UTF8.GetString(body.ToArray()));
    }
}
