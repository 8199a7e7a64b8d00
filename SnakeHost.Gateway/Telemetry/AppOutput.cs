namespace SnakeHost.Gateway.Telemetry;

/// <summary>What apps print, as log lines that name the app.</summary>
internal sealed partial class AppOutput(OutputHistory history, ILogger<AppOutput> logger)
{
    /// <summary>Called by Python with the GIL held.</summary>
    /// <param name="generation">As <c>notes#2</c>.</param>
    /// <param name="stream"><c>stdout</c> or <c>stderr</c>.</param>
    /// <param name="line">Without its line feed.</param>
    public void WriteLine(string generation, string stream, string line)
    {
        var number = generation.LastIndexOf('#');
        var tenant = number < 0 ? generation : generation[..number];
        history.Add(tenant, stream, line);
        Log.Line(logger, tenant, stream, line);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 400, Level = LogLevel.Information, Message = "{Tenant} {Stream}: {Line}")]
        public static partial void Line(ILogger logger, string tenant, string stream, string line);
    }
}
