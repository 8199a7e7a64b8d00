namespace SnakeHost.Gateway.Apps;

/// <summary>A module that was imported while the app was loaded; those of less than 0.1 ms are left out.</summary>
/// <param name="StartMs">When its import began, after that of the first one.</param>
/// <param name="DurationMs">With what it imports.</param>
/// <param name="SelfMs">Without.</param>
/// <param name="Parent">The index of the module that it was imported by; -1 for none.</param>
/// <param name="IsLazy">Whether it was imported lazily (PEP 810), and used before the load's end.</param>
internal sealed record ImportedModule(string Name, double StartMs, double DurationMs, double SelfMs, int Parent, bool IsLazy);
