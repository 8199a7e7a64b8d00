using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>
/// Two tenants with the same app, whose path <c>/version</c> answers <c>version.tell()</c>: both are used at once, one of them is saved, and both are used again.
/// </summary>
internal static class SavedPair
{
    public static async Task<TenantPair> OfAsync(SharedGateways gateways, string python, string main, params (string Path, string Content)[] files) =>
        (await gateways.ForAsync(python)).Pair([.. files, ("version.py", Version("first")), ("main.py", main)]);

    /// <param name="pair">With <c>version.py</c> as it is in <see cref="OfAsync"/>.</param>
    /// <param name="use">Uses a tenant, which goes by the name.</param>
    /// <param name="ask">Gets the answer of a path, where the tenants are not asked by their own hosts.</param>
    public static async Task UseAsync(TenantPair pair, Func<Tenant, string, Task> use, Func<Tenant, string, Task<string>>? ask = null)
    {
        ask ??= pair.TextAsync;
        await BothAsync(pair, use);
        var (red, blue) = (await ask(pair.Red, "/version"), await ask(pair.Blue, "/version"));
        Assert.Contains("red first", red, StringComparison.Ordinal);
        Assert.Contains("blue first", blue, StringComparison.Ordinal);

        pair.Red.Write("version.py", Version("second"));

        Assert.Contains("red second", await ask(pair.Red, "/version"), StringComparison.Ordinal);
        await BothAsync(pair, use);
        var after = await ask(pair.Blue, "/version");
        Assert.True(blue == after, $"The tenant that was not saved was loaded anew: {blue}, then {after}. {pair.Gateway.Process.Describe()}");
    }

    /// <summary>A module that tells whose it is, which text it has, and by a number which load of it this is.</summary>
    public static string Version(string text) =>
        $$"""
        import uuid
        from identity import NAME

        LOADED = uuid.uuid4()

        def tell():
            return f"{NAME} {{text}} {LOADED}"

        """;

    private static Task BothAsync(TenantPair pair, Func<Tenant, string, Task> use) => Task.WhenAll(use(pair.Red, "red"), use(pair.Blue, "blue"));
}
