using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SnakeHost.Gateway.Admin;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Supervision;

/// <summary>A worker's admin listener, on its Unix socket. One that cannot be reached, or ends, is an <see cref="HttpRequestException"/> or an <see cref="IOException"/>.</summary>
internal sealed class WorkerClient : IDisposable
{
    private readonly HttpClient _http;

    public WorkerClient(string socket) => _http = new HttpClient(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        // No spans: pings are nobody's requests.
        ActivityHeadersPropagator = null,
        ConnectCallback = (_, cancellationToken) => ConnectAsync(socket, cancellationToken),
    })
    {
        BaseAddress = new Uri("http://worker/"),
        // Event streams stay open for days.
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public async Task<AdminHealth> HealthAsync(CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(At("health"), cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        return new AdminHealth(response.IsSuccessStatusCode, text.Split('\n', 2) is [_, var trouble] ? trouble : null);
    }

    public async Task<IReadOnlyList<TenantSnapshot>> TenantsAsync(CancellationToken cancellationToken) =>
        await _http.GetFromJsonAsync(At("api/tenants"), AdminJsonContext.Default.IReadOnlyListTenantSnapshot, cancellationToken) ?? [];

    /// <summary>Null when it has no such tenant.</summary>
    public Task<TenantSnapshot?> TenantAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, Of(id, ""), AdminJsonContext.Default.TenantSnapshot, cancellationToken);

    public async Task<AdminStart> StartAsync(Uri url, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsync(At($"api/tenants?url={Uri.EscapeDataString(url.AbsoluteUri)}"), content: null, cancellationToken);
        return response.IsSuccessStatusCode
            ? new AdminStart(await response.Content.ReadFromJsonAsync(AdminJsonContext.Default.AdminReload, cancellationToken), (int)response.StatusCode, null)
            : new AdminStart(null, (int)response.StatusCode, (await response.Content.ReadFromJsonAsync(AdminJsonContext.Default.ProblemDetails, cancellationToken))?.Detail);
    }

    /// <summary>Hands over the variables that routes of this prefix wait for.</summary>
    public async Task HandOverAsync(string environmentPrefix, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        using var response = await _http.PutAsJsonAsync(
            At($"api/variables/{Uri.EscapeDataString(environmentPrefix)}"), new Dictionary<string, string>(variables), AdminJsonContext.Default.DictionaryStringString, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Null when it has no such tenant.</summary>
    public Task<IReadOnlyList<RunningRequest>?> RequestsAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, Of(id, "/requests"), AdminJsonContext.Default.IReadOnlyListRunningRequest, cancellationToken);

    /// <summary>Null when it has no such tenant.</summary>
    public Task<AdminMemory?> MemoryAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, Of(id, "/memory"), AdminJsonContext.Default.AdminMemory, cancellationToken);

    /// <summary>Null when it has no such tenant.</summary>
    /// <exception cref="NoProfileException">It cannot be told.</exception>
    public Task<ProfileData?> ProfileAsync(string id, ProfileOrder order, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Post,
        Of(id, string.Create(CultureInfo.InvariantCulture, $"/profile?format=json&seconds={order.Seconds}&mode={order.Mode}")),
        AdminJsonContext.Default.ProfileData,
        cancellationToken);

    /// <summary>Null when it has no such tenant.</summary>
    /// <exception cref="NoProfileException">It is not loaded.</exception>
    public Task<IReadOnlyList<ImportedModule>?> ImportsAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, Of(id, "/imports"), AdminJsonContext.Default.IReadOnlyListImportedModule, cancellationToken);

    /// <summary>Null when it has no such tenant.</summary>
    public Task<AdminReload?> ReloadAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, Of(id, "/reload"), AdminJsonContext.Default.AdminReload, cancellationToken);

    /// <summary>Makes a tenant's environment.</summary>
    public async Task<AdminInstallEnd> InstallAsync(string id, bool recreates, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsync(Of(id, recreates ? "/install?recreate=true" : "/install"), content: null, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
            return AdminInstallEnd.NoSuchTenant;
        return response.IsSuccessStatusCode
            ? new AdminInstallEnd(await response.Content.ReadFromJsonAsync(AdminJsonContext.Default.AdminInstall, cancellationToken), (int)response.StatusCode, null)
            : AdminInstallEnd.Refuse((int)response.StatusCode, (await response.Content.ReadFromJsonAsync(AdminJsonContext.Default.ProblemDetails, cancellationToken))?.Detail ?? "");
    }

    /// <summary>Whether it had such a tenant.</summary>
    public async Task<bool> EvictAsync(string id, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsync(Of(id, "/evict"), content: null, cancellationToken);
        return response.StatusCode != HttpStatusCode.NotFound && response.EnsureSuccessStatusCode().IsSuccessStatusCode;
    }

    /// <summary>Every change of a tenant's state after the call has completed.</summary>
    public Task<IAsyncEnumerable<SseItem<AdminEvent>>> EventsAsync(CancellationToken cancellationToken) =>
        OpenAsync("api/events", null, AdminJsonContext.Default.AdminEvent, cancellationToken);

    /// <summary>What its apps have printed of late and print from now on.</summary>
    /// <param name="lastSeen">The id of a line: only those behind it.</param>
    public Task<IAsyncEnumerable<SseItem<OutputLine>>> LinesAsync(string? lastSeen, CancellationToken cancellationToken) =>
        OpenAsync("api/log", lastSeen, AdminJsonContext.Default.OutputLine, cancellationToken);

    public void Dispose() => _http.Dispose();

    private static Uri At(string path) => new(path, UriKind.Relative);

    private static Uri Of(string id, string action) => At($"api/tenants/{Uri.EscapeDataString(id)}{action}");

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<T?> SendAsync<T>(HttpMethod method, Uri path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        using var request = new HttpRequestMessage(method, path);
        using var response = await _http.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Conflict)
            throw new NoProfileException((await response.Content.ReadFromJsonAsync(AdminJsonContext.Default.ProblemDetails, cancellationToken))?.Detail ?? "");
        return response.StatusCode == HttpStatusCode.NotFound ? null : await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync(type, cancellationToken);
    }

    private async Task<IAsyncEnumerable<SseItem<T>>> OpenAsync<T>(string path, string? lastSeen, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (lastSeen is not null)
            request.Headers.Add("Last-Event-ID", lastSeen);
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return ParseAsync(response.EnsureSuccessStatusCode(), type, cancellationToken);
    }

    private static async IAsyncEnumerable<SseItem<T>> ParseAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using (response)
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            await foreach (var item in SseParser.Create(stream, (_, data) => JsonSerializer.Deserialize(data, type)!).EnumerateAsync(cancellationToken))
                yield return item;
        }
    }
}
