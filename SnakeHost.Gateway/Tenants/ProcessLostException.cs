using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Tenants;

/// <summary>The process of the app's own has ended (502).</summary>
internal sealed class ProcessLostException : TenantException, IRepeatable
{
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    private ProcessLostException(string message, TimeSpan retryAfter)
        : base(ErrorKind.ProcessLost, message, retryAfter)
    {
    }

    /// <summary>Whether the app has seen nothing of the request.</summary>
    public bool IsUnsent { get; private init; }

    /// <param name="end">How: a clause.</param>
    public static ProcessLostException Because(string end) => new($"The app's process {end} before it had answered.", s_retry);

    /// <param name="retryAfter">When it is started again.</param>
    public static ProcessLostException Again(ProcessLostException first, TimeSpan retryAfter) => new(first.Message, retryAfter > s_retry ? retryAfter : s_retry);

    /// <summary>Nothing of the request was sent to it.</summary>
    public static ProcessLostException Unsent() => new("The app's process has just ended.", s_retry) { IsUnsent = true };
}
