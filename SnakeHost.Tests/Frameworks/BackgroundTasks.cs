using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>For the fixtures with <c>/background</c>, whose task imports lazily and leaves its mark in what <c>/seen</c> lists.</summary>
internal static class BackgroundTasks
{
    public static async Task RunInTheirTenantAsync(TenantPair pair)
    {
        foreach (var (tenant, name) in new[] { (pair.Red, "red"), (pair.Blue, "blue") })
        {
            using var response = await pair.Client.PostAsync(tenant.Url("/background"), content: null);
            await response.TextAsync(HttpStatusCode.OK);
            await Eventually.Async(async () => Assert.Contains($"\"done by {name}\"", await pair.TextAsync(tenant, "/seen"), StringComparison.Ordinal));
        }
    }
}
