namespace SnakeHost.Gateway.Apps;

/// <summary>What an app in the gateway's own process says of its end.</summary>
internal static class NeverLost
{
    public static Task<string> Task { get; } = new TaskCompletionSource<string>().Task;
}
