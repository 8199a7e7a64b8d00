using System.Net;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Frameworks;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Samples;

/// <summary>The WSGI sample apps in the gateway, under <c>wsgiref.validate</c>.</summary>
public sealed class RefereedSamplesTests(SharedGateways gateways)
{
    [Conforms(Standard.Wsgi, "Specification Details", "wsgiref.validate finds nothing to complain about in the sample apps and the frameworks under test")]
    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task TheSamples_PassTheReferee(string python)
    {
        var gateway = await gateways.ForAsync(python);
        Tenant Sample(string name) => CheckedByReferee.Wrap(gateway.NewTenant(name).Copy(Path.Combine(RepositoryFolder.Path, "apps", name)));
        var (hello, notes, api) = (Sample("hello"), Sample("notes"), Sample("api"));

        Assert.StartsWith("Hello, Ada", await gateway.Client.TextAsync(hello.Url("/Ada")), StringComparison.Ordinal);
        Assert.Contains("<", await gateway.Client.TextAsync(notes.Url("/")), StringComparison.Ordinal);
        using var missing = await gateway.Client.GetAsync(notes.Url("/nowhere"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Contains("snakes", await gateway.Client.TextAsync(api.Url("/")), StringComparison.Ordinal);
        using var refused = await gateway.Client.PostAsync(api.Url("/snakes"), new StringContent("no json"), TestContext.Current.CancellationToken);
        Assert.InRange((int)refused.StatusCode, 400, 499);
        using var head = await gateway.Client.SendAsync(HttpMethod.Head, api.Url("/snakes"), null);
        Assert.True((int)head.StatusCode < 500, $"{head.StatusCode}");
    }
}
