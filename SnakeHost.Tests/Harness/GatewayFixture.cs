namespace SnakeHost.Tests.Harness;

/// <summary>A gateway with a configuration of its own, shared by the tests of one class.</summary>
public abstract class GatewayFixture(params string[] arguments) : IAsyncLifetime
{
    private GatewayProcess? _process;

    internal TenantFolder Tenants { get; } = new();

    internal GatewayProcess Process => _process ?? throw new InvalidOperationException("It has not been started.");

    internal HttpClient Client => Process.Client;

    public async ValueTask InitializeAsync()
    {
        Prepare(Tenants);
        _process = await GatewayProcess.StartAsync(Configure(new() { Python = InstalledPythons.Default, Root = Tenants.Root, Arguments = arguments }));
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        Tenants.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Changes more than arguments can say.</summary>
    private protected virtual GatewaySettings Configure(GatewaySettings settings) => settings;

    /// <summary>Adds the tenants that every test uses.</summary>
    private protected virtual void Prepare(TenantFolder tenants)
    {
    }
}
