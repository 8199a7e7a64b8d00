using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.Apps;

/// <summary>Says which request is slow, and what its code is doing: in the gateway's log, and among what the app prints.</summary>
internal sealed partial class SlowRequestLog(OutputHistory output, ILogger<SlowRequestLog> logger)
{
    public void Tell(string tenant, string method, string path, double ageMs, string stacks)
    {
        Log.Slow(logger, tenant, method, path, ageMs / 1000, stacks);
        output.Add(tenant, OutputLine.Error, $"{method} {path} has not been answered for {ageMs / 1000:0.0} s. What its code is doing:");
        foreach (var line in stacks.Split('\n'))
            output.Add(tenant, OutputLine.Error, line);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 330, Level = LogLevel.Warning, Message = "{Tenant} has not answered {Method} {Path} for {Seconds:0.0} s\n{Stacks}")]
        public static partial void Slow(ILogger logger, string tenant, string method, string path, double seconds, string stacks);
    }
}
