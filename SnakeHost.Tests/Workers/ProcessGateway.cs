using System.Text.Json;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Workers;

/// <summary>A gateway that serves each folder of its root in a process of its own, but for those whose name begins with <c>shared</c>.</summary>
internal sealed class ProcessGateway : IAsyncDisposable
{
    private ProcessGateway(GatewayProcess process, TenantFolder tenants) => (Process, Tenants) = (process, tenants);

    public GatewayProcess Process { get; }

    public TenantFolder Tenants { get; }

    public HttpClient Client => Process.Client;

    public static async Task<ProcessGateway> StartAsync(params string[] arguments)
    {
        var tenants = new TenantFolder();
        return new ProcessGateway(
            await GatewayProcess.StartAsync(new()
            {
                Root = tenants.Root,
                Arguments =
                [
                    .. SharedGateway.Route(0, ("Host", "*.localhost"), ("WorkingDirectory", "{http.request.host.labels.1}"), ("Isolation", "process")),
                    .. SharedGateway.Route(1, ("Host", "shared.localhost"), ("WorkingDirectory", "shared"), ("Isolation", "shared")),
                    .. arguments,
                ],
            }),
            tenants);
    }

    public Task<HttpResponseMessage> GetAsync(Tenant tenant, string path) => Client.SendAsync(HttpMethod.Get, tenant.Url(path), content: null);

    /// <summary>What the admin listener says of a tenant.</summary>
    public async Task<JsonElement> TellAsync(Tenant tenant)
    {
        var told = await Process.Admin!.FindAsync(tenant.Directory);
        Assert.True(told is not null, $"No tenant in {tenant.Directory}");
        return told.Value;
    }

    /// <summary>The ids of a tenant's processes.</summary>
    public async Task<IReadOnlyList<int>> ProcessesAsync(Tenant tenant) =>
        [.. (await TellAsync(tenant)).GetProperty("processes").EnumerateArray().Select(process => process.GetProperty("id").GetInt32())];

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        Tenants.Dispose();
    }
}
