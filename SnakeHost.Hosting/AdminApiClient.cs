using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SnakeHost.Gateway.Admin;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Hosting;

/// <summary>The gateway's admin listener (docs/admin.md). A gateway that cannot be reached, or ends, is an <see cref="HttpRequestException"/> or an <see cref="IOException"/>.</summary>
internal sealed class AdminApiClient : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    private readonly HttpClient _http;
    private string _lastLine = "";

    /// <param name="address">Where it listens.</param>
    /// <param name="token">Its token; empty for none.</param>
    public AdminApiClient(Uri address, string token)
    {
        // Event streams stay open for days.
        _http = new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        if (token.Length > 0)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Whether it accepts requests; degraded when it does and an app keeps Python from answering, which the description names.</summary>
    public async Task<HealthCheckResult> HealthAsync(CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(new Uri("health", UriKind.Relative), cancellationToken);
        if (!response.IsSuccessStatusCode)
            return HealthCheckResult.Unhealthy("It is not ready for requests.");
        // The state, and what is the matter below it.
        return (await response.Content.ReadAsStringAsync(cancellationToken)).Split('\n', 2) is [nameof(HealthStatus.Degraded), var reason]
            ? HealthCheckResult.Degraded(reason)
            : HealthCheckResult.Healthy();
    }

    public async Task<IReadOnlyList<TenantSnapshot>> TenantsAsync(CancellationToken cancellationToken) =>
        await _http.GetFromJsonAsync<List<TenantSnapshot>>("api/tenants", s_json, cancellationToken) ?? [];

    /// <summary>Null when there is no such tenant now.</summary>
    public async Task<TenantSnapshot?> TenantAsync(string id, CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(Of(id), cancellationToken);
        return response.StatusCode == HttpStatusCode.NotFound ? null : await ReadAsync<TenantSnapshot>(response, cancellationToken);
    }

    /// <summary>Loads the tenant that answers at this host, if it is not, and waits for it; null when there is no such tenant.</summary>
    public async Task<AdminReload?> StartAsync(string host, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsync(new Uri($"api/tenants?url={Uri.EscapeDataString($"http://{host}/")}", UriKind.Relative), content: null, cancellationToken);
        return response.StatusCode == HttpStatusCode.NotFound ? null : await ReadAsync<AdminReload>(response, cancellationToken);
    }

    /// <summary>Hands over the variables that a tenant's routes wait for.</summary>
    public async Task HandOverAsync(string environmentPrefix, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        using var response = await _http.PutAsJsonAsync($"api/variables/{Uri.EscapeDataString(environmentPrefix)}", variables, s_json, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Loads the next generation and waits for it; null when there is no such tenant now.</summary>
    public async Task<AdminReload?> ReloadAsync(string id, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsync(Of($"{id}/reload"), content: null, cancellationToken);
        return response.StatusCode == HttpStatusCode.NotFound ? null : await ReadAsync<AdminReload>(response, cancellationToken);
    }

    /// <summary>Has a tenant debugged: where editors attach, or why it cannot be.</summary>
    public async Task<(AdminDebug? Debug, string? Problem)> DebugAsync(string id, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsync(Of($"{id}/debug"), content: null, cancellationToken);
        return response.IsSuccessStatusCode ? (await ReadAsync<AdminDebug>(response, cancellationToken), null) : (null, await ProblemAsync(response, cancellationToken));
    }

    /// <summary>Has a tenant debugged no more: null, or why it was not.</summary>
    public async Task<string?> StopDebugAsync(string id, CancellationToken cancellationToken)
    {
        using var response = await _http.DeleteAsync(Of($"{id}/debug"), cancellationToken);
        return response.IsSuccessStatusCode ? null : await ProblemAsync(response, cancellationToken);
    }

    /// <summary>Its requests under way; null when there is no such tenant now.</summary>
    public async Task<IReadOnlyList<RunningRequest>?> RequestsAsync(string id, CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(Of($"{id}/requests"), cancellationToken);
        return response.StatusCode == HttpStatusCode.NotFound ? null : await ReadAsync<List<RunningRequest>>(response, cancellationToken);
    }

    /// <summary>Samples it for so long. Gives the address of the profile's page, or why there is none.</summary>
    public async Task<(Uri? Page, string Problem)> ProfileAsync(string id, int seconds, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsync(Of($"{id}/profile?seconds={seconds}"), content: null, cancellationToken);
        return response.IsSuccessStatusCode ? (new Uri(_http.BaseAddress!, response.Content.Headers.ContentLocation!), "") : (null, await ProblemAsync(response, cancellationToken));
    }

    /// <summary>Whether there was such a tenant.</summary>
    public async Task<bool> EvictAsync(string id, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsync(Of($"{id}/evict"), content: null, cancellationToken);
        return response.StatusCode != HttpStatusCode.NotFound && response.EnsureSuccessStatusCode().IsSuccessStatusCode;
    }

    /// <summary>Every change of state from now on, until the gateway ends.</summary>
    /// <param name="connected">Called once nothing can be missed any more.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<AdminEvent> EventsAsync(Func<Task> connected, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await OpenAsync("api/events", lastEvent: "", cancellationToken);
        await connected();
        await foreach (var item in Parse<AdminEvent>(response, cancellationToken))
            yield return item.Data;
    }

    /// <summary>What tenants have printed of late and print from now on, until the gateway ends. A second call goes on where the first one ended.</summary>
    public async IAsyncEnumerable<OutputLine> LinesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await OpenAsync("api/log", _lastLine, cancellationToken);
        await foreach (var item in Parse<OutputLine>(response, cancellationToken))
        {
            _lastLine = item.EventId ?? "";
            yield return item.Data;
        }
    }

    public void Dispose() => _http.Dispose();

    private static Uri Of(string path) => new($"api/tenants/{path}", UriKind.Relative);

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken) =>
        await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<T>(s_json, cancellationToken)
            ?? throw new HttpRequestException($"{response.RequestMessage?.RequestUri} answered with null.");

    /// <summary>The sentence of an answer that is a problem.</summary>
    private static async Task<string> ProblemAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
            response.EnsureSuccessStatusCode();
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return problem.GetProperty("detail").GetString() ?? "";
    }

    private async Task<HttpResponseMessage> OpenAsync(string path, string lastEvent, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (lastEvent.Length > 0)
            request.Headers.Add("Last-Event-ID", lastEvent);
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return response.EnsureSuccessStatusCode();
    }

    private static async IAsyncEnumerable<SseItem<T>> Parse<T>(HttpResponseMessage response, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var item in SseParser.Create(stream, (_, data) => JsonSerializer.Deserialize<T>(data, s_json)!).EnumerateAsync(cancellationToken))
            yield return item;
    }
}
