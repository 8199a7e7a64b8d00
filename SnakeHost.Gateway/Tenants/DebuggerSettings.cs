namespace SnakeHost.Gateway.Tenants;

/// <summary>How a tenant is debugged from the start.</summary>
/// <param name="Port">Where editors attach; null for a free one.</param>
/// <param name="Waits">Whether nothing is loaded before an editor has attached.</param>
internal sealed record DebuggerSettings(int? Port, bool Waits);
