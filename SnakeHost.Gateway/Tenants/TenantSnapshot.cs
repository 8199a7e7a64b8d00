using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Tenants;

/// <summary>A tenant at one moment, as the admin listener shows it. Names and order are the contract of its JSON, which SnakeHost.Hosting reads with this file too.</summary>
/// <param name="Id">Readable, unique, stable while the process lives.</param>
/// <param name="Key">SHA-256 of the specification's key, in hex: the key itself holds the values of environment variables.</param>
/// <param name="App">What was chosen (<c>main:app</c>), or what is configured while nothing is loaded.</param>
/// <param name="Interface"><c>wsgi</c>, <c>asgi</c>, or <c>auto</c> while nothing is loaded.</param>
/// <param name="WorkingDirectory">Absolute.</param>
/// <param name="Venv">Absolute, or null.</param>
/// <param name="State"><c>loading</c>, <c>ready</c>, <c>reloading</c> or <c>failed</c>.</param>
/// <param name="Generation">The number of the generation that answers, else of the last one tried.</param>
/// <param name="IsStale">The source has changed since the current generation was loaded.</param>
/// <param name="Modules">Private modules loaded.</param>
/// <param name="ImportMs">How long the last load took, in milliseconds.</param>
/// <param name="Reloads">Successful reloads.</param>
/// <param name="Failures">Failed loads and reloads.</param>
/// <param name="Requests">Requests given to any generation so far.</param>
/// <param name="InFlight">Requests being answered, draining generations included.</param>
/// <param name="Waiting">Requests that wait: for a load, for a thread, or for their answer to begin (ASGI).</param>
/// <param name="Refused">Requests so far that were answered 503 because too many waited.</param>
/// <param name="LastUsed">When a request last began or ended; about a second precise.</param>
/// <param name="Error">Why the last load failed; null once one succeeds.</param>
/// <param name="Isolation"><c>shared</c>: it runs in the gateway's process, or is to; <c>process</c>: in processes of its own.</param>
/// <param name="IsolationReason">Why the gateway has given it a process of its own, when nobody has asked for one.</param>
/// <param name="Processes">Its own processes.</param>
/// <param name="IsDebugged">Whether editors can attach to it.</param>
/// <param name="LacksPackages">Whether its folder says which packages it needs, and no environment has been made of that.</param>
/// <param name="Workers">With several gateways at one address (<c>--workers</c>): what each of those that know the tenant has of it. All else is then taken together: the worst state, the highest generation, sums.</param>
internal sealed record TenantSnapshot(
    string Id,
    string Key,
    string App,
    string Interface,
    string WorkingDirectory,
    string? Venv,
    string State,
    int Generation,
    bool IsStale,
    int Modules,
    double ImportMs,
    long Reloads,
    long Failures,
    long Requests,
    int InFlight,
    int Waiting,
    long Refused,
    DateTimeOffset LastUsed,
    TenantError? Error,
    string Isolation,
    string? IsolationReason,
    IReadOnlyList<AppProcess> Processes,
    bool IsDebugged,
    bool LacksPackages,
    IReadOnlyList<TenantWorker> Workers);
