using System.Text.Json;
using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Workers;

/// <summary>What a worker has measured of a request when it begins to answer: the gateway has the request's span.</summary>
/// <param name="QueuedMs">See <see cref="RequestMeasure.Queued"/>.</param>
/// <param name="GilWaitMs">See <see cref="RequestMeasure.GilWait"/>.</param>
/// <param name="Route">See <see cref="RequestMeasure.Route"/>.</param>
/// <param name="Stream">See <see cref="RequestMeasure.LikelyStream"/>.</param>
/// <param name="Raised">See <see cref="RequestMeasure.Raised"/>.</param>
/// <param name="Slow">See <see cref="RequestMeasure.Slow"/>.</param>
/// <param name="Said">See <see cref="RequestMeasure.Said"/>.</param>
internal sealed record WorkerMeasure(double QueuedMs, double GilWaitMs, string? Route, string? Stream, RaisedError? Raised, SlowMark? Slow, string? Said)
{
    /// <summary>Of a header, which is no place for the whole traceback of an endless recursion.</summary>
    private const int LongestText = 8 * 1024;

    public static string Write(RequestMeasure measure) =>
        JsonSerializer.Serialize(
            new WorkerMeasure(measure.Queued.TotalMilliseconds, measure.GilWait.TotalMilliseconds, measure.Route, measure.LikelyStream, Shorten(measure.Raised), Shorten(measure.Slow),
                measure.Said?.Length <= LongestText ? measure.Said : null),
            WorkerJsonContext.Default.WorkerMeasure);

    public static WorkerMeasure Read(string json) => JsonSerializer.Deserialize(json, WorkerJsonContext.Default.WorkerMeasure)!;

    public void Tell(RequestMeasure measure) =>
        measure.Adopt(TimeSpan.FromMilliseconds(QueuedMs), TimeSpan.FromMilliseconds(GilWaitMs), Stream, Route, Raised, Slow, Said);

    private static RaisedError? Shorten(RaisedError? raised) =>
        raised is null ? null : raised with { Message = Shorten(raised.Message, 0), Traceback = Shorten(raised.Traceback, raised.Traceback.Length - LongestText) };

    private static SlowMark? Shorten(SlowMark? slow) => slow is null ? null : slow with { Stack = Shorten(slow.Stack, 0) };

    private static string Shorten(string text, int from) => text.Length <= LongestText ? text : text.Substring(from, LongestText);
}
