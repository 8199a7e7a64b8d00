namespace SnakeHost.AppHost.Tenants;

/// <summary>Is told of tenants, one call at a time.</summary>
internal interface ITenantSink
{
    Task StatusAsync(TenantStatus status);

    Task LineAsync(TenantLine line);
}
