using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Configuration;

/// <summary>Settings whose name has changed: the former one works for one more version.</summary>
public sealed class FormerNamesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Former key, key of today, a value.</summary>
    public static TheoryData<string, string, string> Renamed => new()
    {
        { "EveryRoute:Threads", "RouteDefaults:Threads", "3" },
        { "Routes:0:Queue", "Routes:0:QueueLimit", "3" },
        { "Route:Queue", "Route:QueueLimit", "3" },
        { "Routes:0:ChunkedBuffer", "Routes:0:MaxBufferedRequestBody", "3" },
        { "EveryRoute:Queue", "RouteDefaults:QueueLimit", "3" },
        { "Tenants:Capacity", "Tenants:MaxTenants", "3" },
        { "Tenants:FailureCache", "Tenants:FailureCacheDuration", "3s" },
        { "tenants:concurrentloads", "Tenants:MaxConcurrentLoads", "3" },
    };

    [Theory, MemberData(nameof(Renamed))]
    public void AFormerName_MeansWhatTheNameOfTodayMeans_AndIsFound(string former, string name, string value)
    {
        var options = Read.Settings(_folder.Path, (former, value), ("Routes:0:Host", "a.test"));
        Assert.Equal(Json(Read.Settings(_folder.Path, (name, value), ("Routes:0:Host", "a.test"))), Json(options));
        Assert.NotEqual(Json(Read.Settings(_folder.Path, ("Routes:0:Host", "a.test"))), Json(options));
        // Of a section, its own name.
        Assert.StartsWith(options.FormerNames[^1].Name, $"SnakeHost:{name}", StringComparison.Ordinal);
        Assert.StartsWith(options.FormerNames[^1].Former, $"SnakeHost:{former}", StringComparison.OrdinalIgnoreCase);
    }

    [Theory, MemberData(nameof(Renamed))]
    public void BothNames_AreRefused(string former, string name, string value)
    {
        var error = Read.Error((former, value), (name, value));
        Assert.Matches($"^SnakeHost:{name}|{former} ", error);
        Assert.EndsWith($" are two names of one setting, SnakeHost:{name}: leave out the former one.", error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void ASectionWithBothNames_IsOneSection()
    {
        var route = Read.Settings(_folder.Path, ("EveryRoute:Threads", "3"), ("RouteDefaults:QueueLimit", "4"), ("RouteDefaults:Env:A", "1"), ("EveryRoute:Env:B", "2")).Routes[0];
        Assert.Equal((3, 4, "1", "2"), (route.Threads, route.QueueLimit, route.Env["A"], route.Env["B"]));
    }

    [Fact]
    public void AKeyWithoutAValue_MeansWhatItMeansWithoutAFormerName() =>
        Assert.Empty(Read.Settings(_folder.Path, ("Tenants:Capacity", "3"), ("Routes:0:EnvFiles", null)).Routes[0].EnvFiles);

    [Fact]
    public void NamesOfToday_AreNotFound() =>
        Assert.Empty(Read.Settings(_folder.Path, ("Tenants:MaxTenants", "3"), ("Routes:0:Env:Queue", "x"), ("RouteDefaults:Static:/Queue", "x")).FormerNames);

    [Fact]
    public void AnUnknownName_IsAnError_BesideAFormerOneToo() =>
        Assert.Equal(
            "SnakeHost:Tenants:Capacitty is not a setting: SnakeHost:Tenants has the keys MaxTenants, IdleTimeout, FailureCacheDuration, LoadTimeout, MaxConcurrentLoads.",
            Read.Error(("Tenants:Capacitty", "3"), ("Tenants:FailureCache", "3s")));

    [Fact]
    public void EveryFormerName_StandsInTheChangelog()
    {
        var changelog = File.ReadAllText(Path.Join(RepositoryFolder.Path, "CHANGELOG.md"));
        Type[] sections = [typeof(SnakeHostOptions), typeof(RouteOptions), typeof(TenantOptions), typeof(LimitOptions), typeof(ReloadOptions), typeof(WebSocketSettings), typeof(AdminOptions), typeof(PythonOptions)];
        var renamed = sections.SelectMany(static section => section.GetProperties())
            .SelectMany(static property => property.GetCustomAttributes<FormerlyAttribute>().Select(formerly => $"`{formerly.Name}` is `{property.Name}`"));
        Assert.All(renamed, line => Assert.Contains(line, changelog, StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheGateway_WarnsOfEach_WhereverItWasGiven()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new()
        {
            Root = tenants.Root,
            Environment = new Dictionary<string, string> { ["SnakeHost__Tenants__Capacity"] = "5" },
            Arguments = ["--SnakeHost:Tenants:FailureCache=3s"],
        });
        await gateway.StopAsync();
        var warnings = gateway.Output.All.Where(line => line.Contains("former name", StringComparison.Ordinal)).Select(line => Regex.Replace(line.Trim(), " is called .*", "")).Order();
        Assert.Equal(["SnakeHost:Tenants:Capacity", "SnakeHost:Tenants:FailureCache"], warnings);
    }

    public void Dispose() => _folder.Dispose();

    private static string Json(SnakeHostOptions options) => JsonSerializer.Serialize(new { options.Routes, options.Tenants });
}
