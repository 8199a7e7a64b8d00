using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Tenants;

/// <summary>A registry with its fakes.</summary>
internal sealed class TenantFixture : IAsyncDisposable
{
    private readonly Lazy<TenantRegistry> _registry;

    public TenantFixture() => _registry = new(() => new TenantRegistry(Loader, Options, Reload, Time, Logger));

    public FakeLoader Loader { get; init; } = new();

    public TestClock Clock { get; } = new();

    public TimeProvider Time { get => field ?? Clock; init; }

    public TenantOptions Options { get; } = new();

    public ReloadOptions Reload { get; } = new();

    public ILogger<TenantRegistry> Logger { get; init; } = NullLogger<TenantRegistry>.Instance;

    /// <summary>Made when first asked for: set options before.</summary>
    public TenantRegistry Registry => _registry.Value;

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TenantFixture Immediate() => new() { Loader = FakeLoader.Immediate() };

    public static TenantSpecification Specification(string folder = "shop", bool autoreload = false) =>
        new() { App = "auto", WorkingDirectory = $"/srv/apps/{folder}", Autoreload = autoreload };

    public static AppLoadException Broken(string message = "No module named 'flusk'") =>
        new(new PythonError("ModuleNotFoundError", message, $"Traceback…\n{message}", "main.py", 3, []));

    public Task<Lease> AcquireAsync(string folder = "shop") => Registry.AcquireAsync(Specification(folder), Cancel).AsTask();

    /// <summary>Loads a tenant and leaves it idle.</summary>
    public async Task<Tenant> LoadAsync(string folder = "shop")
    {
        using var lease = await AcquireAsync(folder);
        return lease.Tenant;
    }

    /// <summary>Waits for an event; subscribe before what causes it.</summary>
    public static async Task<TenantEvent> ExpectAsync(TenantEventSubscription events, TenantEventKind kind)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        await foreach (var next in events.ReadAllAsync(limit.Token))
        {
            if (next.Kind == kind)
                return next;
        }

        throw new InvalidOperationException($"The events ended before {kind}.");
    }

    public async ValueTask DisposeAsync()
    {
        // What a test leaves held or loading must not make it wait: the clock does not move by itself.
        Loader.Behaviour ??= load =>
        {
            load.StopWhenCancelled();
            return Task.CompletedTask;
        };
        var stopping = Registry.DisposeAsync().AsTask();
        while (!stopping.IsCompleted)
        {
            Clock.Advance(TimeSpan.FromMinutes(1));
            await Task.Yield();
        }

        await stopping;
    }
}
