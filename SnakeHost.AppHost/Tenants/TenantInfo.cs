namespace SnakeHost.AppHost.Tenants;

/// <summary>A tenant as <c>GET /api/tenants</c> of the gateway's admin listener describes it; see docs/admin.md.</summary>
/// <param name="Id">Its name.</param>
/// <param name="App"><c>module:attribute</c>.</param>
/// <param name="Interface"><c>wsgi</c>, <c>asgi</c> or <c>auto</c>.</param>
/// <param name="WorkingDirectory">Absolute.</param>
/// <param name="Venv">Absolute, or null.</param>
/// <param name="State"><c>loading</c>, <c>ready</c>, <c>reloading</c> or <c>failed</c>.</param>
/// <param name="Generation">The one that answers, else the last one tried.</param>
/// <param name="Modules">The app's own modules.</param>
/// <param name="ImportMs">How long the last load took, in milliseconds.</param>
/// <param name="Error">Why the last load failed; null once one succeeds.</param>
internal sealed record TenantInfo(
    string Id, string App, string Interface, string WorkingDirectory, string? Venv, string State, int Generation, int Modules, double ImportMs, TenantError? Error);
