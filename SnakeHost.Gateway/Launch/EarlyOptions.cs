using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Launch;

/// <summary>What has to be known before there is a host.</summary>
/// <param name="Python">Which interpreter is asked for.</param>
/// <param name="Workers">How many gateways.</param>
internal sealed record EarlyOptions(PythonOptions Python, int Workers);
