namespace SnakeHost.Gateway.Telemetry;

/// <summary>A line that an app has printed, or of what is said of its failure to answer, as <c>GET /api/log</c> tells it. SnakeHost.Hosting reads it with this file too.</summary>
/// <param name="Number">Rises by one with each line of the process, whichever app prints it.</param>
/// <param name="Tenant">The tenant's id.</param>
/// <param name="Stream"><c>stdout</c>, <c>stderr</c>, <c>log</c> for a record of Python's <c>logging</c>, or <see cref="Error"/>.</param>
/// <param name="Text">Without its line feed.</param>
/// <param name="Time">When the app printed it.</param>
internal sealed record OutputLine(long Number, string Tenant, string Stream, string Text, DateTimeOffset Time)
{
    /// <summary>The stream of what is said of requests that have failed: tracebacks, or sentences.</summary>
    public const string Error = "error";
}
