namespace SnakeHost.Gateway.Tenants;

/// <summary>The tenant's working directory is no longer there (404).</summary>
internal sealed class TenantGoneException(string directory) : TenantException($"There is no folder {directory}.");
