using System.Text;
using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.ErrorPages;

/// <summary>The frames of a traceback, innermost first: the tenant's own open, library code folded.</summary>
internal static class FrameList
{
    public static void Write(StringBuilder body, PythonError error, string? directory)
    {
        var frames = TracebackFrames.Select(error.Frames).Reverse().ToList();
        if (frames.Count == 0)
            return;
        // Where no frame is the tenant's (a server that calls the app wrongly), the innermost one is still worth seeing.
        var open = frames.Any(frame => frame is { IsTenantCode: true }) ? null : frames[0];
        body.Append("<section><h2>Where it came from <small>innermost first</small></h2>\n<ol class=\"frames\">\n");
        foreach (var frame in frames)
        {
            if (frame is null)
                body.Append($"<li class=\"gap\">{error.Frames.Count - frames.Count + 1} frames left out</li>\n");
            else
                Write(body, frame, frame.IsTenantCode || frame == open, directory);
        }
        body.Append("</ol></section>\n");
    }

    private static void Write(StringBuilder body, PythonFrame frame, bool open, string? directory)
    {
        body.Append($"""
            <li class="{(frame.IsTenantCode ? "own" : "library")}"><details{(open ? " open" : "")}>
            <summary><span class="file" title="{Line(frame.File)}">{Line(TracebackFrames.ShortPath(frame.File, directory))}</span><span class="line">:{frame.Line}</span> <span class="function">{Line(frame.Function)}</span></summary>

            """);
        WriteSource(body, frame);
        body.Append("</details></li>\n");
    }

    private static void WriteSource(StringBuilder body, PythonFrame frame)
    {
        var lines = frame.Context.Count > 0 || frame.Source is null ? frame.Context : [new PythonSourceLine(frame.Line, frame.Source)];
        if (lines.Count == 0)
        {
            body.Append("<p class=\"nosource\">No source to show.</p>\n");
            return;
        }
        body.Append("<pre class=\"source\" tabindex=\"0\">");
        // A page stays readable whatever context it is handed.
        foreach (var line in lines.Take(40))
        {
            var mark = line.Number == frame.Line ? " class=\"hit\"" : "";
            body.Append($"<span{mark}><i>{line.Number}</i>{Line(line.Text)}\n</span>");
        }
        body.Append("</pre>\n");
    }

    private static string Line(string text) => ErrorDocument.Escape(DisplayText.CleanLine(text));
}
