namespace SnakeHost.Gateway.Commands;

internal enum FindingKind
{
    Good,

    /// <summary>The gateway works, with less.</summary>
    Warning,

    /// <summary>The gateway does not start, or an app does not load.</summary>
    Problem,
}
