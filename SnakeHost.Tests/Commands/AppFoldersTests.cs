using SnakeHost.Gateway.Commands;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Tests.Commands;

/// <summary>Which environment an app's folder gets, without a request that tells.</summary>
public sealed class AppFoldersTests
{
    [Theory]
    [InlineData("{http.request.host.labels.1}", "", "/srv/apps/shop", "own")]
    [InlineData("{http.request.host.labels.1}", "shared", "/srv/apps/shop", "/srv/apps/shared")]
    [InlineData("{http.request.host.labels.1}", "/venvs/{http.request.host.labels.1}/", "/srv/apps/Shop", "/venvs/shop")]
    [InlineData("{http.request.uri.path.0}", "../venvs/{http.request.uri.path.0}", "/srv/apps/Shop", "/srv/venvs/Shop")]
    [InlineData("{http.request.host.labels.1}/{http.request.uri.path.0}", "venvs/{http.request.uri.path.0}", "/srv/apps/shop/v1", "/srv/apps/venvs/v1")]
    [InlineData("{http.request.host.labels.1}/{http.request.host.labels.1}", "shared", "/srv/apps/shop/blog", "own")]
    [InlineData("releases.{http.request.host.labels.1}", "shared", "/srv/apps/releases-shop", "own")]
    [InlineData("shop", "shared", "/srv/apps/shop", "/srv/apps/shared")]
    [InlineData("shop", "shared", "/srv/apps/blog", "own")]
    [InlineData("shop", "{http.request.host.labels.1}", "/srv/apps/shop", "")]
    [InlineData("shop", "{env.SNAKEHOST_TEST_UNSET}", "/srv/apps/shop", "")]
    [InlineData("shop", "{env.SNAKEHOST_TEST_UNSET:shared}", "/srv/apps/shop", "/srv/apps/shared")]
    public void TheEnvironment_IsThatOfTheRoute(string workingDirectory, string venv, string folder, string expected)
    {
        var options = new SnakeHostOptions { Root = "/srv/apps", Routes = [new RouteOptions { WorkingDirectory = workingDirectory, Venv = venv }] };
        Assert.Equal(expected, string.Join(';', AppFolders.VenvsOf(options, folder).Select(static found => found ?? "own")));
    }

    [Fact]
    public void SeveralRoutes_HaveTheirsEach()
    {
        RouteOptions[] routes = [new() { Venv = "a" }, new() { WorkingDirectory = "shop", Venv = "b" }, new() { WorkingDirectory = "shop" }, new() { WorkingDirectory = "blog", Venv = "c" }, new() { Venv = "a" }];
        Assert.Equal(["/srv/apps/a", "/srv/apps/b", null], AppFolders.VenvsOf(new SnakeHostOptions { Root = "/srv/apps", Routes = [.. routes] }, "/srv/apps/shop"));
    }
}
