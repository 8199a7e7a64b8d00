using System.Text.Json;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Admin;

/// <summary>What the admin listener tells of memory.</summary>
public sealed class MemoryTests(MemoryTests.Fixture fixture) : IClassFixture<MemoryTests.Fixture>
{
    private const string Orders =
        """
        class Order:
            def __init__(self, number): self.text = str(number).ljust(1000)

        orders = [Order(number) for number in range(1000)]

        def answer(path):
            return "done"
        """;

    private AdminClient Admin => fixture.Process.Admin!;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhatAnAppHas_IsToldByItsClasses(bool isProcess)
    {
        var tenant = fixture.Tenants.AddUnique("orders", ("main.py", PythonApps.Answering(Orders)));
        await fixture.Client.TextAsync(Url(tenant, isProcess));

        var memory = await MemoryAsync(tenant.Name);

        var now = memory.GetProperty("now");
        Assert.InRange(now.GetProperty("bytes").GetInt64(), 1_000_000, 3_000_000);
        Assert.True(now.GetProperty("isWhole").GetBoolean());
        var type = Assert.Single(now.GetProperty("types").EnumerateArray());
        Assert.Equal(("main.Order", 1000), (type.GetProperty("name").GetString(), type.GetProperty("count").GetInt64()));
        var load = Assert.Single(memory.GetProperty("loads").EnumerateArray());
        Assert.Equal(1, load.GetProperty("generation").GetInt32());
        Assert.True(load.GetProperty("resident").GetInt64() > 10_000_000);
        Assert.Empty(memory.GetProperty("kept").EnumerateArray());
    }

    [Fact]
    public async Task AnOldGenerationThatIsStillThere_IsToldWithWhatKeepsIt()
    {
        // A registry of a module that all apps share, as a library's own would be.
        var tenant = fixture.Tenants.AddUnique("kept", ("main.py", PythonApps.Answering("import decimal\ndef answer(path): return 'done'\ndecimal.kept_by_a_test = answer")));
        var tidy = fixture.Tenants.AddUnique("tidy", ("main.py", PythonApps.Answering(Orders)));
        foreach (var each in new[] { tenant, tidy })
        {
            await fixture.Client.TextAsync(each.Url("/"));
            using var reload = await Admin.Client.PostAsync(new Uri($"http://localhost/api/tenants/{each.Name}/reload"), null, TestContext.Current.CancellationToken);
            Assert.True(reload.IsSuccessStatusCode);
        }

        // The second generation has taken the first one's place there.
        using var again = await Admin.Client.PostAsync(new Uri($"http://localhost/api/tenants/{tidy.Name}/reload"), null, TestContext.Current.CancellationToken);
        using var evicted = await Admin.EvictAsync(tenant.Name);
        await fixture.Process.Output.WaitForAsync(
            line => line.Contains($"Tenant {tenant.Name}: generation 2 is still in memory 10 s after its end. module main: kept_by_a_test of module decimal → function main.answer", StringComparison.Ordinal),
            "what keeps the generation",
            TimeSpan.FromSeconds(60));
        Assert.DoesNotContain(fixture.Process.Output.All, line => line.Contains($"Tenant {tidy.Name}: generation 1 is still", StringComparison.Ordinal) || line.Contains($"Tenant {tenant.Name}: generation 1 is still", StringComparison.Ordinal));
    }

    private async Task<JsonElement> MemoryAsync(string tenant) => await Admin.Client.JsonAsync(new Uri($"http://localhost/api/tenants/{tenant}/memory"));

    private static Uri Url(Tenant tenant, bool isProcess) => isProcess ? new($"http://{tenant.Name}.own.localhost/") : tenant.Url("/");

    public sealed class Fixture() : GatewayFixture(
    [
        .. SharedGateway.Route(0, ("Host", "*.own.localhost"), ("WorkingDirectory", "{http.request.host.labels.2}"), ("Isolation", "process")),
        .. SharedGateway.Route(1, ("Host", "*.localhost"), ("WorkingDirectory", "{http.request.host.labels.1}")),
    ]);
}
