namespace SnakeHost.Gateway.Admin;

/// <summary>What became of a tenant that was to be debugged.</summary>
/// <param name="Debug">Where editors attach; null when there is nothing.</param>
/// <param name="Status">Of the answer.</param>
/// <param name="Problem">Why there is nothing; null when there is no such tenant.</param>
internal sealed record AdminDebugStart(AdminDebug? Debug, int Status, string? Problem)
{
    public static AdminDebugStart NoSuchTenant { get; } = new(null, StatusCodes.Status404NotFound, null);

    public static AdminDebugStart Refuse(int status, string problem) => new(null, status, problem);
}
