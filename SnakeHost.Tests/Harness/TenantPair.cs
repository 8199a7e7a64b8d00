using System.Net;

namespace SnakeHost.Tests.Harness;

/// <summary>Two tenants side by side in one gateway, with the same module names. The fixtures know themselves as <c>red</c> and <c>blue</c>.</summary>
internal sealed record TenantPair(SharedGateway Gateway, Tenant Red, Tenant Blue)
{
    public HttpClient Client => Gateway.Client;

    /// <summary>The text of a 200 answer; any other answer fails the test and shows itself.</summary>
    public async Task<string> TextAsync(Tenant tenant, string path = "/") => await Client.TextAsync(tenant.Url(path));

    /// <summary>Both tenants are asked at once, so that both load at once, and each has to answer for itself.</summary>
    public async Task EachAnswersAsync(string path, Func<string, string> expected)
    {
        var answers = await Task.WhenAll(TextAsync(Red, path), TextAsync(Blue, path));
        Assert.Equal([expected("red"), expected("blue")], answers);
    }

    /// <summary>
    /// Sends the requests to both tenants in turn, all under way at once up to a limit that keeps small machines busy, not flooded; each answer
    /// has to be the asked tenant's own, for the asked number.
    /// </summary>
    public async Task AnswersAreNeverMixedUpAsync(Func<int, string> path, Func<string, int, string> expected, int requests = 200)
    {
        await Parallel.ForAsync(0, requests, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (number, _) =>
        {
            var (tenant, name) = number % 2 == 0 ? (Red, "red") : (Blue, "blue");
            Assert.Equal(expected(name, number), await TextAsync(tenant, path(number)));
        });
    }

    /// <summary>The status alone, for both tenants.</summary>
    public async Task<HttpStatusCode[]> StatusAsync(string path) =>
        await Task.WhenAll(new[] { Red, Blue }.Select(async tenant =>
        {
            using var response = await Client.GetAsync(tenant.Url(path));
            return response.StatusCode;
        }));
}
