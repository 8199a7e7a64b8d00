namespace SnakeHost.Gateway.Configuration;

/// <summary>Whether the threads that run Python keep to one processor.</summary>
internal enum Affinity
{
    /// <summary>On a machine with few processors, while several threads are busy and gain nothing from more than one: Python's lock lets one run at a time.</summary>
    Auto,

    /// <summary>Whatever the machine has, and the threads use.</summary>
    Always,

    /// <summary>The system places them.</summary>
    Off,
}
