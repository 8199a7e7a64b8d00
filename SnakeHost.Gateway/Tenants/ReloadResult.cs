namespace SnakeHost.Gateway.Tenants;

/// <summary>How a load or reload ended.</summary>
/// <param name="Generation">The generation that was loaded or failed; 0 when none was tried.</param>
/// <param name="Duration">From the start of the load to its end.</param>
/// <param name="Error">Why it failed; null unless <see cref="ReloadOutcome.Failed"/>.</param>
internal sealed record ReloadResult(ReloadOutcome Outcome, int Generation, TimeSpan Duration, TenantError? Error)
{
    /// <summary>The failure as what a request gets.</summary>
    internal TenantFailure? Failure { get; init; }

    internal static ReloadResult Gone { get; } = new(ReloadOutcome.Evicted, 0, TimeSpan.Zero, null);
}
