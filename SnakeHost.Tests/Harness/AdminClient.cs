using System.Net;
using System.Text.Json;

namespace SnakeHost.Tests.Harness;

/// <summary>The gateway's admin listener.</summary>
internal sealed class AdminClient(IPEndPoint address, Func<string> describe) : IDisposable
{
    public IPEndPoint Address { get; } = address;

    public HttpClient Client { get; } = Loopback.ClientFor(address, describe);

    public async Task<IReadOnlyList<JsonElement>> TenantsAsync()
    {
        using var document = JsonDocument.Parse(await Client.GetStringAsync(new Uri("http://localhost/api/tenants")));
        return [.. document.RootElement.EnumerateArray().Select(tenant => tenant.Clone())];
    }

    /// <summary>The tenant whose working directory it is; null when it is not loaded.</summary>
    public async Task<JsonElement?> FindAsync(string workingDirectory)
    {
        foreach (var tenant in await TenantsAsync())
        {
            if (tenant.GetProperty("workingDirectory").GetString() == workingDirectory)
                return tenant;
        }

        return null;
    }

    public Task<HttpResponseMessage> EvictAsync(string id) => Client.PostAsync(new Uri($"http://localhost/api/tenants/{id}/evict"), content: null);

    public void Dispose() => Client.Dispose();
}
