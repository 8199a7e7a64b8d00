namespace SnakeHost.Gateway.Admin;

/// <summary>The answer when a tenant's packages are installed.</summary>
/// <param name="Tenant">The tenant's id.</param>
/// <param name="Message">What has been done, a sentence.</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
/// <param name="Reload">What came of loading it with them; null when there was nothing to install, or it is gone.</param>
internal sealed record AdminInstall(string Tenant, string Message, double DurationMs, AdminReload? Reload);
