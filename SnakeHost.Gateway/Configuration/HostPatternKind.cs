namespace SnakeHost.Gateway.Configuration;

/// <summary>In the order in which patterns win.</summary>
internal enum HostPatternKind
{
    Exact,
    Suffix,
    Any,
}
