using Microsoft.Extensions.DependencyInjection;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Tenants;

public sealed class TenantServiceCollectionTests
{
    [Fact]
    public async Task TheContainerMakesTheRegistry_AndDrainsItWhenItIsDisposed()
    {
        var loader = FakeLoader.Immediate();
        var provider = new ServiceCollection()
            .AddLogging()
            .AddSingleton<IApplicationLoader>(loader)
            .AddTenants(_ => new TenantOptions { Capacity = 1 }, _ => new ReloadOptions())
            .BuildServiceProvider();
        var registry = provider.GetRequiredService<TenantRegistry>();
        using (await registry.AcquireAsync(TenantFixture.Specification("a"), TenantFixture.Cancel))
            await Assert.ThrowsAsync<CapacityException>(() => registry.AcquireAsync(TenantFixture.Specification("b"), TenantFixture.Cancel).AsTask());

        await provider.DisposeAsync();

        Assert.Equal(1, Assert.Single(loader.Applications).Disposals);
    }
}
