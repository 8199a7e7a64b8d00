using System.Text.Json.Serialization;

namespace SnakeHost.Gateway.Apps;

/// <summary>A request under way, as the admin listener tells of it; see docs/admin.md. SnakeHost.Hosting reads it with this file too.</summary>
/// <param name="Id">Names it in its process.</param>
/// <param name="Process">The process in which the app answers it.</param>
/// <param name="Generation">Of the app.</param>
/// <param name="Method">Of the request.</param>
/// <param name="Path">Without the query, which may hold secrets.</param>
/// <param name="Kind"><c>http</c> or <c>websocket</c>.</param>
/// <param name="AgeMs">How long it has been with the app, in milliseconds.</param>
/// <param name="TraceId">Of its trace, or of its client's; null for none.</param>
/// <param name="State"><c>queued</c>: it waits for a thread or the event loop; <c>running</c>; <c>awaiting</c>: its task is suspended; <c>sending</c>: the app is done with it; <c>unknown</c>: Python does not answer.</param>
/// <param name="HasBegun">Whether some of the answer is on its way.</param>
/// <param name="Received">Bytes of its body, or of messages, that the app has been given.</param>
/// <param name="Sent">Bytes of the answer's body, or of messages.</param>
/// <param name="IsSlow">Whether it has been logged as slow.</param>
/// <param name="Stacks">What its code is doing: its own first. None while it is queued, or unknown.</param>
internal sealed record RunningRequest(
    [property: JsonIgnore] long Id,
    int Process,
    int Generation,
    string Method,
    string Path,
    string Kind,
    double AgeMs,
    string? TraceId,
    string State,
    bool HasBegun,
    long Received,
    long Sent,
    bool IsSlow,
    IReadOnlyList<RunningStack> Stacks)
{
    /// <summary>What its code is doing, for a log.</summary>
    public string DescribeStacks() => State switch
    {
        Queued => "It waits for a thread, or for the event loop.",
        _ when Stacks.Count == 0 => "Its code has just come to its end.",
        _ => string.Join('\n', Stacks.Select(stack => stack.ToString())),
    };

    /// <summary>Values of <see cref="Kind"/> and <see cref="State"/>.</summary>
    public const string Http = "http", WebSocket = "websocket", Queued = "queued", Running = "running", Awaiting = "awaiting", Sending = "sending", Unknown = "unknown";
}
