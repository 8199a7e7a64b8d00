using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Tenants;

public sealed class TenantIdsTests
{
    private readonly TenantIds _ids = new();
    private readonly HashSet<string> _live = [];

    private string Assign(string directory, string key)
    {
        var id = _ids.Assign(directory, TenantKey.Hash(key), _live.Contains);
        _live.Add(id);
        return id;
    }

    [Theory]
    [InlineData("/srv/apps/shop", "shop")]
    [InlineData("/srv/apps/shop/", "shop")]
    [InlineData("/srv/My Shop (v2)", "my-shop-v2")]
    [InlineData("/srv/été", "t")]
    [InlineData("/srv/日本", "app")]
    [InlineData("/srv/..hidden..", "hidden")]
    [InlineData("/srv/../..", "app")]
    [InlineData("/", "app")]
    public void AnIdIsTheSlugOfTheFolder(string directory, string expected) => Assert.Equal(expected, Assign(directory, "k"));

    [Fact]
    public void ALongNameIsCut() => Assert.Equal(48, Assign("/srv/" + new string('x', 10_000), "k").Length);

    [Fact]
    public void AnotherKeyOfTheSameFolderNameGetsAPieceOfItsHash()
    {
        Assert.Equal("shop", Assign("/a/shop", "one"));
        Assert.Equal($"shop-{TenantKey.Hash("two")[..8]}", Assign("/b/shop", "two"));
    }

    [Fact]
    public void AnIdComesBackToItsKey_EvenWhenTheOtherWasFirstTheSecondTime()
    {
        Assign("/a/shop", "one");
        var second = Assign("/b/shop", "two");
        _live.Clear();

        Assert.Equal(second, Assign("/b/shop", "two"));
        Assert.Equal("shop", Assign("/a/shop", "one"));
    }

    [Fact]
    public void AFolderNamedLikeAnotherTenantsIdDoesNotTakeIt()
    {
        Assign("/a/shop", "one");
        var second = Assign("/b/shop", "two");

        var third = Assign($"/c/{second}", "three");

        Assert.NotEqual(second, third);
        Assert.StartsWith(second, third, StringComparison.Ordinal);
    }

    [Fact]
    public void ProcessesThatShareAFolder_AgreeOnWhoIsCalledHow()
    {
        using var folder = new TemporaryFolder();
        var (one, other) = (new TenantIds(folder.Path), new TenantIds(folder.Path));
        var (first, second) = (TenantKey.Hash("first"), TenantKey.Hash("second"));

        Assert.Equal("shop", one.Assign("/srv/a/shop", first, static _ => false));
        Assert.Equal($"shop-{second[..8]}", other.Assign("/srv/b/shop", second, static _ => false));
        Assert.Equal("shop", other.Assign("/srv/a/shop", first, static _ => false));
        Assert.Equal($"shop-{second[..8]}", one.Assign("/srv/b/shop", second, static _ => false));
    }
}
