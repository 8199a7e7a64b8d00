using System.Globalization;
using System.Text;
using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.ErrorPages;

/// <summary>The answer for a terminal.</summary>
internal static class ErrorText
{
    public static string Render(ErrorResponse answer, ErrorRequest request, bool details)
    {
        var text = new StringBuilder();
        if (!details)
            return text.Append(CultureInfo.InvariantCulture, $"{answer.Status} {answer.PublicTitle}\ntrace {request.TraceId}\n").ToString();

        text.Append(CultureInfo.InvariantCulture, $"{answer.Status} {answer.Kind.Title}\n");
        if (!string.IsNullOrEmpty(answer.Detail))
            text.Append(DisplayText.Clean(answer.Detail, DisplayText.MessageLength)).Append('\n');
        if (answer.Error is { } error)
            text.Append('\n').Append(Traceback(error)).Append('\n');
        text.Append('\n');
        foreach (var (name, value) in Facts(answer, request))
            text.Append(CultureInfo.InvariantCulture, $"{name + ":",-10} {value}\n");
        return text.Append('\n').Append(answer.Remedy).Append('\n').ToString();
    }

    /// <summary>The traceback as Python prints it; type and message where there is none.</summary>
    public static string Traceback(PythonError error) =>
        DisplayText.Clean(error.Traceback.Length > 0 ? error.Traceback : $"{error.Type}: {error.Message}", DisplayText.TracebackLength).TrimEnd('\n');

    /// <summary>Which app and which request, as names and values that are fit for display.</summary>
    public static IEnumerable<(string Name, string Value)> Facts(ErrorResponse answer, ErrorRequest request)
    {
        if (answer.App is not null)
            yield return ("app", DisplayText.CleanLine(answer.App));
        if (answer.Directory is not null)
            yield return ("directory", DisplayText.CleanLine(answer.Directory));
        if (answer.Tenant is not null)
            yield return ("tenant", DisplayText.CleanLine(answer.Tenant));
        yield return ("request", $"{request.Method} {request.Target}");
        yield return ("trace", request.TraceId);
        if (request.RequestId != request.TraceId)
            yield return ("id", request.RequestId);
    }
}
