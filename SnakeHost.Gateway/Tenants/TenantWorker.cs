namespace SnakeHost.Gateway.Tenants;

/// <summary>A tenant in one of several gateways (<c>--workers</c>). SnakeHost.Hosting reads it with this file too.</summary>
/// <param name="Pid">The process.</param>
/// <param name="State">As of the tenant.</param>
/// <param name="Generation">The number of the generation that answers there, else of the last one tried there: each process counts its own.</param>
/// <param name="Requests">Requests given to any generation there so far.</param>
/// <param name="InFlight">Requests being answered there.</param>
internal sealed record TenantWorker(int Pid, string State, int Generation, long Requests, int InFlight);
