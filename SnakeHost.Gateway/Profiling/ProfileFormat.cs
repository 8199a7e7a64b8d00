namespace SnakeHost.Gateway.Profiling;

/// <summary>How a profile may be had.</summary>
internal enum ProfileFormat
{
    /// <summary>A flame graph: a page that needs nothing else.</summary>
    Html,

    /// <summary>A file for https://www.speedscope.app/.</summary>
    Speedscope,

    /// <summary>A line for each stack, as flamegraph.pl and others read it.</summary>
    Collapsed,

    /// <summary>What all the others are made of.</summary>
    Json,
}
