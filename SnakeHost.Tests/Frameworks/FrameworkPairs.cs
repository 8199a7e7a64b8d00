using System.Collections.Concurrent;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>The tenants of <see cref="FrameworkTests"/>: two for each framework and interpreter, which all tests ask that do not change them.</summary>
public sealed class FrameworkPairs(SharedGateways gateways)
{
    // By gateway: one that has died is replaced, and its tenants with it.
    private readonly ConcurrentDictionary<(SharedGateway Gateway, string Framework), Lazy<Task<TenantPair>>> _pairs = new();

    internal async Task<TenantPair> SharedAsync(string framework, string python)
    {
        var gateway = await gateways.ForAsync(python);
        return await _pairs.GetOrAdd((gateway, framework), _ => new(() => MakeAsync(gateway, framework, python))).Value;
    }

    /// <summary>A pair that nobody else asks.</summary>
    internal async Task<TenantPair> OwnAsync(string framework, string python) => await MakeAsync(await gateways.ForAsync(python), framework, python);

    private static async Task<TenantPair> MakeAsync(SharedGateway gateway, string framework, string python)
    {
        var name = framework.Replace(FrameworkCases.Refereed, "", StringComparison.Ordinal);
        var pair = name == "django" ? await DjangoProjects.PairAsync(gateway, python) : gateway.PairOf(Fixtures.Find("Frameworks", name));
        if (name != framework)
        {
            Func<Tenant, Tenant> wrap = name == "django" ? CheckedByReferee.WrapDjango : CheckedByReferee.Wrap;
            wrap(pair.Red);
            wrap(pair.Blue);
        }

        return pair;
    }
}
