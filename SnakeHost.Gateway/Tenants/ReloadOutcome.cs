namespace SnakeHost.Gateway.Tenants;

internal enum ReloadOutcome
{
    /// <summary>The new generation answers.</summary>
    Loaded,

    /// <summary>The new generation failed; requests get its failure.</summary>
    Failed,

    /// <summary>The tenant was evicted, or the gateway stopped, before it could end.</summary>
    Evicted,
}
