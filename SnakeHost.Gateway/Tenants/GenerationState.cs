namespace SnakeHost.Gateway.Tenants;

/// <summary><c>Loading → Ready → Draining → Disposed</c>, or <c>Loading → Failed</c>.</summary>
internal enum GenerationState
{
    Loading,
    Ready,
    Draining,
    Disposed,
    Failed,
}
