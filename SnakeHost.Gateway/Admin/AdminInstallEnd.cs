namespace SnakeHost.Gateway.Admin;

/// <summary>What became of the packages of a tenant that were to be installed.</summary>
/// <param name="Install">What has been done; null when nothing has.</param>
/// <param name="Status">Of the answer.</param>
/// <param name="Problem">Why not; null when there is no such tenant.</param>
internal sealed record AdminInstallEnd(AdminInstall? Install, int Status, string? Problem)
{
    public static AdminInstallEnd NoSuchTenant { get; } = new(null, StatusCodes.Status404NotFound, null);

    public static AdminInstallEnd Refuse(int status, string problem) => new(null, status, problem);
}
