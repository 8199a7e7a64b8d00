extern alias Hosting;

using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace SnakeHost.Tests.Hosting.Aspire;

/// <summary>With what an AppHost does not start. Each refusal is one sentence that names the tenant.</summary>
public sealed class TenantRefusalTests : IAsyncDisposable
{
    private readonly GatewayApplication _application = new();

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Theory]
    [InlineData("my_app")]
    [InlineData("-shop")]
    [InlineData("shop-")]
    [InlineData("a--b")]
    [InlineData("a.b")]
    [InlineData("2048")]
    [InlineData("bücher")]
    public void ANameThatIsNoLabel(string name) => Refused(
        $"Tenant '{name}' cannot have that name: it must be a DNS label that begins with a letter, of letters, digits and single hyphens, at most 63 characters.",
        () => _application.Gateway.WithTenant(name, _application.Folder("shop")));

    /// <summary>Python's usual spelling is none for a host, and no reason not to start.</summary>
    [Fact]
    public void AFolderOfAppsWithSuchAName_IsServed_AndShownWhereItMakesALabel()
    {
        foreach (var name in new[] { "my_app", "my-app", "_private", "2048" })
            _application.Folder($"apps/{name}");
        _application.Gateway.WithTenants(_application.Apps);
        Assert.Equal([("my-app", "my-app")], _application.Gateway.Resource.Tenants.Select(tenant => (tenant.Name, Path.GetFileName(tenant.Directory))));
        Assert.Equal(["2048", "_private", "my_app"], _application.Gateway.Resource.Unnamed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void AGatewayWithoutPackageOrProject() => Refused(
        "AddSnakeGateway(name) starts the gateway of the package SnakeHost.Hosting, and this AppHost has no reference to that package: add it, or name the gateway's project, by AddSnakeGateway<Projects.SnakeHost_Gateway>(name).",
        () => _application.Builder.AddSnakeGateway("packaged"));

    [Fact]
    public void ANameThatAnotherResourceHas()
    {
        _application.Builder.AddExternalService("rates", "http://rates.test/");
        Refused("Tenant 'rates' of 'gateway' cannot have that name: there is a resource of that name already.", () => _application.Gateway.AddTenant("rates", _application.Folder("rates")));
        _application.Builder.AddSnakeGateway<Projects.SnakeHost_Gateway>("second").AddTenant("theirs", _application.Folder("theirs"));
        Refused("Tenant 'theirs' of 'gateway' cannot have that name: 'second' has a tenant of that name already.", () => _application.Gateway.AddTenant("theirs", _application.Folder("ours")));
    }

    [Fact]
    public void AFolderOfAppsWithSuchAName_MayBeNamedBefore_AndOneThatIsNeverServedIsNoApp()
    {
        _application.Folder("apps/.hidden");
        _application.Gateway.WithTenant("my-app", _application.Folder("apps/my_app")).WithTenants(_application.Apps);
        Assert.Equal(["my-app"], _application.Gateway.Resource.Tenants.Select(tenant => tenant.Name));
    }

    [Fact]
    public async Task AnEndpointThatNobodyListensOn()
    {
        _application.Gateway.WithHttpsEndpoint();
        var refusal = await Assert.ThrowsAsync<DistributedApplicationException>(_application.PublishBeforeStartAsync);
        Assert.StartsWith("'gateway' does not listen on an endpoint 'https', only on 'http':", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ARouteToATenantsFolder(bool isDiscovered)
    {
        var folder = _application.Folder("apps/shop");
        var gateway = isDiscovered ? _application.Gateway.WithTenants(_application.Apps) : _application.Gateway.WithTenant("shop", folder);
        gateway.WithRoute(new SnakeRoute("shop.example.com", isDiscovered ? "shop/" : folder));
        var refusal = await Assert.ThrowsAsync<DistributedApplicationException>(_application.PublishBeforeStartAsync);
        Assert.StartsWith("A route of 'gateway', shop.example.com/, leads to the folder of tenant 'shop'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARouteToAnotherFolder_IsNone()
    {
        _application.Gateway.WithTenant("shop", _application.Folder("apps/shop")).WithRoute(new SnakeRoute("x.example.com", _application.Folder("apps/shop2")));
        await _application.PublishBeforeStartAsync();
    }

    [Fact]
    public void TwoOfOneName()
    {
        var first = _application.Folder("first");
        _application.Gateway.WithTenant("shop", first);
        Refused($"Tenant 'shop' of 'gateway' exists already, for {first}: a name can be given once.", () => _application.Gateway.WithTenant("shop", _application.Folder("second")));
        Refused("Tenant 'Shop' of 'gateway' exists already", () => _application.Gateway.WithTenant("Shop", first));
    }

    [Fact]
    public void ANameThatAFolderOfAppsHas()
    {
        var folder = _application.Folder("apps/shop");
        var other = _application.Folder("other");
        _application.Gateway.WithTenants(_application.Apps);
        Refused($"Tenant 'shop' of 'gateway' exists already: the folder {folder} has that name; {other} needs another one.", () => _application.Gateway.WithTenant("shop", other));
    }

    [Fact]
    public void AFolderOfAppsThatHasATenantsName()
    {
        var folder = _application.Folder("apps/shop");
        var other = _application.Folder("other");
        _application.Gateway.WithTenant("shop", other);
        Refused($"Tenant 'shop' of 'gateway' exists already, for {other}: the folder {folder} has the same name; one of the two needs another.", () => _application.Gateway.WithTenants(_application.Apps));
    }

    [Theory]
    [InlineData("PYTHONPATH", "names that start with PYTHON are not for apps to set")]
    [InlineData("9A", "a name has letters, digits, _, - and . and does not start with a digit")]
    public async Task AVariableThatTheGatewayWouldNotGiveIt_StopsPublishing_AndHereItsTenantOnly(string name, string reason)
    {
        _application.Gateway.WithTenant("shop", _application.Folder("shop"), tenant => tenant.WithEnvironment(name, "x"));
        _application.Allocate(1, 2);
        var environment = await _application.EnvironmentAsync();
        Assert.Equal("true", environment["SnakeHost__Routes__0__EnvLater"]);

        await using var published = new GatewayApplication("--publisher", "manifest");
        published.Gateway.WithTenant("shop", published.Folder("shop"), tenant => tenant.WithEnvironment(name, "x"));
        var refusal = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => Hosting::SnakeHost.Hosting.GatewayEnvironment.WriteAsync(new EnvironmentCallbackContext(published.Builder.ExecutionContext, published.Gateway.Resource)));
        Assert.Equal($"Tenant 'shop' cannot be given the variable {name}: {reason}.", refusal.Message);
    }

    [Fact]
    public async Task SeveralReplicasOnThisMachine()
    {
        await _application.PublishBeforeStartAsync();
        _application.Gateway.WithReplicas(2);
        var refusal = await Assert.ThrowsAsync<DistributedApplicationException>(_application.PublishBeforeStartAsync);
        Assert.StartsWith("'gateway' cannot run in 2 replicas on this machine:", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingFolder()
    {
        Refused($"Tenant 'shop' has no folder: {_application.Apps} does not exist.", () => _application.Gateway.WithTenant("shop", _application.Apps));
        var file = Path.Join(_application.Folder("cart"), "main.py");
        Refused($"Tenant 'shop' has no folder: {file} is a file.", () => _application.Gateway.WithTenant("shop", file));
        Refused($"The tenants of 'gateway' have no folder: {_application.Apps} does not exist.", () => _application.Gateway.WithTenants(_application.Apps));
    }

    [Fact]
    public void APathForItsHealthWithoutASlash() => Refused(
        "Tenant 'shop' cannot be asked for its health at healthz: a path begins with a slash.",
        () => _application.Gateway.WithTenant("shop", _application.Folder("shop"), tenant => tenant.WithHttpHealthCheck("healthz")));

    [Fact]
    public void APathForItsHealthThatItHas() => Refused(
        "Tenant 'shop' is asked for its health at /Healthz already.",
        () => _application.Gateway.WithTenant("shop", _application.Folder("shop"), tenant => tenant.WithHttpHealthCheck("/healthz").WithHttpHealthCheck("/Healthz")));

    [Fact]
    public void AVirtualEnvironmentWithoutPython()
    {
        var folder = _application.Folder("shop");
        Refused($"Tenant 'shop' has no virtual environment: {folder}/.venv does not exist;", () => _application.Gateway.WithTenant("shop", folder, tenant => tenant.WithVirtualEnvironment(".venv")));
        _application.File("shop/.venv/pyvenv.cfg");
        Refused(
            $"Tenant 'cart' has a virtual environment without Python: {folder}/.venv/bin/python does not exist;",
            () => _application.Gateway.WithTenant("cart", folder, tenant => tenant.WithVirtualEnvironment(".venv")));
    }

    [Fact]
    public void PackagesThatNobodyNames_OrTwoInstall()
    {
        var folder = _application.Folder("shop");
        Refused($"Tenant 'shop' does not say which packages it needs: {folder}/requirements.txt does not exist.", () => _application.Gateway.WithTenant("shop", folder, tenant => tenant.WithPip()));
        Refused($"Tenant 'cart' does not say which packages it needs: {folder}/pyproject.toml does not exist.", () => _application.Gateway.WithTenant("cart", folder, tenant => tenant.WithUv()));
        _application.File("shop/requirements.txt");
        Refused("Tenant 'both' has its packages installed already:", () => _application.Gateway.WithTenant("both", folder, tenant => tenant.WithVirtualEnvironment(".venv", create: true).WithPip()));
    }

    [Fact]
    public void ASecondFolderOfApps()
    {
        _application.Folder("apps/shop");
        _application.Gateway.WithTenants(_application.Apps);
        Refused($"'gateway' serves the folder {_application.Apps} already:", () => _application.Gateway.WithTenants(_application.Apps));
    }

    private static void Refused(string sentence, Action configure) =>
        Assert.StartsWith(sentence, Assert.Throws<DistributedApplicationException>(configure).Message, StringComparison.Ordinal);
}
