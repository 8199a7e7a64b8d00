extern alias Hosting;

using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Hosting::SnakeHost.Hosting;

namespace SnakeHost.Tests.Hosting.Aspire;

/// <summary>What the fluent lines of an AppHost make.</summary>
public sealed class TenantModelTests : IAsyncDisposable
{
    private readonly GatewayApplication _application = new();

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public void EveryFolderOfApps_IsAChildOfTheGateway()
    {
        _application.Folder("apps/notes");
        _application.Folder("apps/hello");
        Directory.CreateDirectory(Path.Join(_application.Apps, "empty"));

        _application.Gateway.WithTenants(_application.Apps);

        Assert.Equal(["hello", "notes"], _application.Builder.Resources.OfType<PythonTenantResource>().Select(tenant => tenant.Name));
        Assert.Same(_application.Gateway.Resource, _application.Tenant("notes").Parent);
        Assert.Equal(Path.Join(_application.Apps, "notes"), _application.Tenant("notes").Directory);
    }

    [Fact]
    public void ATenant_StartsAsNotStarted_WithIconAndCommands_AndIsNoPartOfTheManifest()
    {
        _application.Gateway.WithTenant("billing", _application.Folder("billing"), tenant => tenant.WithApp("wsgi:app").AsWsgi());
        var tenant = _application.Tenant("billing");

        var first = tenant.Annotations.OfType<ResourceSnapshotAnnotation>().Single().InitialSnapshot;

        Assert.Equal((KnownResourceStates.NotStarted, "PythonTenant"), (first.State?.Text, first.ResourceType));
        Assert.Equal("wsgi:app", first.Properties.Single(property => property.Name == "Module").Value);
        Assert.Equal(["start", "reload", "debug", "stop-debug", "requests", "profile", "install-packages", "evict"], tenant.Annotations.OfType<ResourceCommandAnnotation>().Select(command => command.Name));
        Assert.Single(tenant.Annotations.OfType<ResourceIconAnnotation>());
        Assert.Contains(ManifestPublishingCallbackAnnotation.Ignore, tenant.Annotations);
    }

    [Fact]
    public async Task OnceItHasAnAddress_ATenantIsStarting_UntilTheGatewayAnswers()
    {
        _application.Gateway.WithTenant("billing", _application.Folder("billing"));
        var billing = _application.Tenant("billing");
        _application.Allocate(1234, 5678);
        // As the orchestrator does with each resource before it starts any.
        await _application.Notifications.PublishUpdateAsync(billing, static first => first);

        await _application.Resources.AllocateAsync(TestContext.Current.CancellationToken);
        Assert.Equal(KnownResourceStates.Starting, State());

        await _application.Resources.GatewayAsync(new() { ResourceType = "Project", Properties = [], State = KnownResourceStates.Running });
        Assert.Equal(KnownResourceStates.Starting, State());
        await _application.Resources.ServesAsync(true);
        Assert.Equal(KnownResourceStates.NotStarted, State());

        string? State() => _application.Notifications.TryGetCurrentState("billing", out var current) ? current.Snapshot.State?.Text : null;
    }

    [Fact]
    public async Task TheGatewaysConfiguration_SaysWhoAnswersWhere()
    {
        _application.Folder("apps/notes");
        var billing = _application.Folder("billing");
        _application.File("billing/env/bin/python");
        _application.Gateway.WithTenants(_application.Apps).WithAutoreload(browser: true).WithPython("python3.12").WithWorkers(2)
            .WithTenant("billing", billing, tenant => tenant.WithApp("wsgi:app").AsWsgi().AsProcess(2).WithDebugging(5679, wait: true).WithVirtualEnvironment("env"))
            .WithRoute(new SnakeRoute("*.example.com", "{http.request.host.labels.2}") { Path = "/v1" });
        _application.Allocate(1234, 5678);

        var environment = await _application.EnvironmentAsync();

        Assert.Equal("127.0.0.1:1234", environment["SnakeHost__Listen"]);
        Assert.Equal("127.0.0.1:5678", environment["SnakeHost__Admin__Listen"]);
        Assert.Equal(64, environment["SnakeHost__Admin__Token"]!.Length);
        Assert.Equal(_application.Apps, environment["SnakeHost__Root"]);
        Assert.Equal("python3.12", environment["SnakeHost__Python__Executable"]);
        Assert.Equal("2", environment["SnakeHost__Workers"]);
        Assert.Equal(("true", "true"), (environment["SnakeHost__RouteDefaults__Autoreload__Enabled"], environment["SnakeHost__RouteDefaults__Autoreload__Browser"]));
        Assert.DoesNotContain("ASPNETCORE_URLS", environment.Keys);
        Assert.Equal(
            ["billing.localhost", "billing.dev.localhost", "*", "*.localhost", "*.dev.localhost", "*", "*.example.com"],
            Enumerable.Range(0, 7).Select(number => environment[$"SnakeHost__Routes__{number}__Host"]));
        Assert.Equal(
            ("billing", billing, "wsgi:app", "wsgi", Path.Join(billing, "env"), "SNAKEHOST_ENV_BILLING__"),
            (environment["SnakeHost__Routes__1__Name"], environment["SnakeHost__Routes__1__WorkingDirectory"], environment["SnakeHost__Routes__1__App"],
                environment["SnakeHost__Routes__1__Interface"], environment["SnakeHost__Routes__1__Venv"], environment["SnakeHost__Routes__1__EnvPrefix"]));
        Assert.Equal(("process", "2"), (environment["SnakeHost__Routes__1__Isolation"], environment["SnakeHost__Routes__1__Processes"]));
        Assert.DoesNotContain("SnakeHost__Routes__3__Isolation", environment.Keys);
        Assert.Equal(("true", "5679", "true"), (environment["SnakeHost__Routes__1__Debugger__Enabled"], environment["SnakeHost__Routes__1__Debugger__Port"], environment["SnakeHost__Routes__1__Debugger__Wait"]));
        Assert.DoesNotContain("SnakeHost__Routes__3__Debugger__Enabled", environment.Keys);
        Assert.Equal(("/billing", billing, "SNAKEHOST_ENV_BILLING__"), (environment["SnakeHost__Routes__2__Path"], environment["SnakeHost__Routes__2__WorkingDirectory"], environment["SnakeHost__Routes__2__EnvPrefix"]));
        Assert.Equal("{http.request.host.labels.2}", environment["SnakeHost__Routes__4__WorkingDirectory"]);
        Assert.Equal(("/*", "{http.request.uri.path.0}"), (environment["SnakeHost__Routes__5__Path"], environment["SnakeHost__Routes__5__WorkingDirectory"]));
        Assert.Equal("/v1", environment["SnakeHost__Routes__6__Path"]);
    }

    [Theory]
    [InlineData(true, "billing.localhost,billing.dev.localhost,billing.example.com,*", "/,/,/,/billing")]
    [InlineData(false, "*,billing.example.com", "/billing,/")]
    public async Task AHostOfItsOwn_IsTheTenants_WithAllThatWasSaidOfIt(bool isRun, string hosts, string paths)
    {
        await using var application = isRun ? new GatewayApplication() : new GatewayApplication("--publisher", "manifest");
        application.Gateway.WithTenant("billing", application.Folder("billing"), tenant => tenant.WithApp("wsgi:app").WithHost("billing.example.com").WithEnvironment("KEY", "x"));
        if (isRun)
            application.Allocate(1, 2);
        var context = new EnvironmentCallbackContext(application.Builder.ExecutionContext, application.Gateway.Resource);
        await GatewayEnvironment.WriteAsync(context);

        string[] Each(string key, string otherwise = "") => [.. Enumerable.Range(0, hosts.Split(',').Length).Select(number => context.EnvironmentVariables.GetValueOrDefault($"SnakeHost__Routes__{number}__{key}")?.ToString() ?? otherwise)];
        Assert.Equal(hosts.Split(','), Each("Host"));
        Assert.Equal(paths.Split(','), Each("Path", "/"));
        Assert.All(Each("App"), app => Assert.Equal("wsgi:app", app));
        Assert.All(Each("EnvPrefix"), prefix => Assert.Equal("SNAKEHOST_ENV_BILLING__", prefix));
        Assert.Single(Each("WorkingDirectory").Distinct());
    }

    [Fact]
    public async Task WhoRefersToTheGateway_GetsItsAppsAndNotItsAdmin()
    {
        var other = _application.Builder.AddSnakeGateway<Projects.SnakeHost_Gateway>("second").WithReference(_application.Gateway);
        _application.Allocate(1, 2);
        var context = new EnvironmentCallbackContext(_application.Builder.ExecutionContext, other.Resource);
        foreach (var annotation in other.Resource.Annotations.OfType<EnvironmentCallbackAnnotation>().Where(annotation => annotation.Callback.Method.Name != nameof(GatewayEnvironment.WriteAsync)).ToList())
            await annotation.Callback(context);
        Assert.Contains("services__gateway__http__0", context.EnvironmentVariables.Keys);
        Assert.DoesNotContain("services__gateway__admin__0", context.EnvironmentVariables.Keys);
    }

    [Fact]
    public void AUrlOfItsOwn_IsActive_WhateverTheGatewayDoes()
    {
        _application.Gateway.WithTenant("shop", _application.Folder("shop"));
        var tenant = _application.Tenant("shop");
        var snapshot = DashboardSnapshots.First(tenant) with { Urls = [new UrlSnapshot(null, "http://docs.test/", IsInternal: false), new UrlSnapshot("http", "http://shop.dev.localhost:1/", IsInternal: false)] };
        foreach (var gateway in new[] { null, KnownResourceStates.Finished })
        {
            var process = gateway is null ? null : snapshot with { State = gateway };
            var next = DashboardSnapshots.Next(snapshot, tenant, new TenantStatus("shop", TenantState.Running), process, DateTimeOffset.UnixEpoch);
            Assert.Equal([false, gateway is not null], next.Urls.Select(shown => shown.IsInactive));
        }
    }

    /// <summary>The name that browsers use is one that .NET's and Python's clients may not resolve.</summary>
    [Theory]
    [InlineData(true, "http://localhost:1234/shop")]
    [InlineData(false, "{gateway.bindings.http.url}/shop")]
    public async Task WhoRefersToATenant_GetsAnAddressThatEveryClientResolves(bool isRun, string address)
    {
        await using var application = isRun ? new GatewayApplication() : new GatewayApplication("--publisher", "manifest");
        var shop = application.Gateway.AddTenant("shop", application.Folder("shop"));
        var service = application.Builder.AddContainer("frontend", "image").WithReference(shop).WithReference(shop, "the-shop");
        application.Gateway.WithTenant("cart", application.Folder("cart"), cart => cart.WithReference(shop));
        if (isRun)
            application.Allocate(1234, 5678);
        foreach (var resource in new IResource[] { service.Resource, application.Tenant("cart") })
        {
            var context = new EnvironmentCallbackContext(application.Builder.ExecutionContext, resource);
            foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToList())
                await annotation.Callback(context);
            string[] names = resource == service.Resource
                ? ["services__shop__http__0", "SHOP_HTTP", "services__the-shop__http__0", "THE_SHOP_HTTP"]
                : ["services__shop__http__0", "SHOP_HTTP"];
            Assert.Equal(names.Order(), context.EnvironmentVariables.Keys.Order());
            foreach (var value in context.EnvironmentVariables.Values.Cast<ReferenceExpression>())
                Assert.Equal(address, isRun ? await value.GetValueAsync(TestContext.Current.CancellationToken) : value.ValueExpression);
            Assert.Contains(resource.Annotations.OfType<ResourceRelationshipAnnotation>(), relation => relation.Resource == shop.Resource);
        }
    }

    [Fact]
    public void ATenantThatWasFound_CanBeTakenUp()
    {
        _application.Folder("apps/notes");
        _application.Folder("apps/my_app");
        _application.Gateway.WithTenants(_application.Apps);

        Assert.Same(_application.Tenant("notes"), _application.Gateway.GetTenant("notes").Resource);
        Assert.Equal(Path.Join(_application.Apps, "my_app"), _application.Gateway.GetTenant("my-app").Resource.Directory);
        var refusal = Assert.Throws<DistributedApplicationException>(() => _application.Gateway.GetTenant("note"));
        Assert.Equal("'gateway' has no tenant 'note', only my-app, notes.", refusal.Message);
    }

    [Theory]
    [InlineData(true, "/opt/python/bin/python3")]
    [InlineData(false, null)]
    public async Task ThisMachinesPython_IsNotAnImages(bool isRun, string? expected)
    {
        await using var application = isRun ? new GatewayApplication() : new GatewayApplication("--publisher", "manifest");
        application.Gateway.WithTenant("shop", application.Folder("shop")).WithPython("/opt/python/bin/python3");
        var context = new EnvironmentCallbackContext(application.Builder.ExecutionContext, application.Gateway.Resource);
        await GatewayEnvironment.WriteAsync(context);
        Assert.Equal(expected, context.EnvironmentVariables.GetValueOrDefault("SnakeHost__Python__Executable"));
    }

    [Fact]
    public async Task WhatIsSetOnATenant_IsHandedToItAlone_AndWhatIsSetOnTheGateway_ToAll()
    {
        var secret = _application.Builder.AddParameter("api-key", "s3cret", secret: true);
        var service = _application.Builder.AddExternalService("my-rates", "http://rates.test:81/");
        _application.Gateway
            .WithTenant("my-billing", _application.Folder("billing"), tenant => tenant.WithEnvironment("KEY", secret).WithEnvironment("MODE", "live").WithReference(service))
            .WithEnvironment("REGION", "north");
        _application.Allocate(1, 2);

        var environment = await _application.EnvironmentAsync();

        Assert.Equal(("s3cret", "live"), (environment["SNAKEHOST_ENV_MY_BILLING__KEY"], environment["SNAKEHOST_ENV_MY_BILLING__MODE"]));
        Assert.Equal("http://rates.test:81/", environment["SNAKEHOST_ENV_MY_BILLING__services__my-rates__http__0"]);
        Assert.Equal("north", environment["REGION"]);
        Assert.DoesNotContain("KEY", environment.Keys);
    }

    [Fact]
    public async Task AnotherServicesEndpoint_ReachesTheTenant_AndTheGatewaysDiscovery()
    {
        var api = _application.Builder.AddContainer("api", "image").WithHttpEndpoint(targetPort: 80);
        var endpoint = api.Resource.Annotations.OfType<EndpointAnnotation>().Single();
        endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, "localhost", 8123);
        _application.Gateway.WithReference(api.GetEndpoint("http")).WithTenant("shop", _application.Folder("shop"), tenant => tenant.WithReference(api.GetEndpoint("http")));
        _application.Allocate(1, 2);

        var environment = await _application.EnvironmentAsync();

        Assert.Equal("http://localhost:8123", environment["SNAKEHOST_ENV_SHOP__services__api__http__0"]);
        Assert.Equal("http://localhost:8123", environment["services__api__http__0"]);
    }

    /// <summary>And for no other tenant.</summary>
    [Fact]
    public async Task ATenantThatWaits_GetsItsVariablesLater()
    {
        var database = _application.Builder.AddContainer("db", "image");
        _application.Gateway.WithTenant("shop", _application.Folder("shop"), tenant => tenant.WithEnvironment("MODE", "live").WaitFor(database))
            .WithTenant("cart", _application.Folder("cart"), tenant => tenant.WithEnvironment("MODE", "test"));
        _application.Allocate(1, 2);

        await _application.PublishBeforeStartAsync();
        var environment = await _application.EnvironmentAsync();

        Assert.DoesNotContain(_application.Gateway.Resource.Annotations.OfType<WaitAnnotation>(), wait => wait.Resource == database.Resource);
        Assert.Equal(["SNAKEHOST_ENV_CART__MODE"], environment.Keys.Where(name => name.EndsWith("MODE", StringComparison.Ordinal)));
        Assert.Equal(["0", "1", "2"], environment.Keys.Where(name => name.EndsWith("__EnvLater", StringComparison.Ordinal)).Select(name => name.Split("__")[2]).Order());
        var waiting = DashboardSnapshots.Next(DashboardSnapshots.First(_application.Tenant("shop")), _application.Tenant("shop"), new TenantStatus("shop", TenantState.NotStarted), null, DateTimeOffset.UnixEpoch);
        Assert.Equal(KnownResourceStates.Waiting, waiting.State?.Text);
        Assert.Equal(["db"], (IEnumerable<string>)waiting.Properties.Single(property => property.Name == "resource.waitingFor").Value!);
    }

    /// <summary>The gateway's route for the folder would give it nothing of what is said of it.</summary>
    [Fact]
    public async Task ATenantThatWasFound_HasARouteOfItsOwn_OnceSomethingIsSaidOfIt()
    {
        _application.Folder("apps/my_app");
        _application.Folder("apps/notes");
        _application.Gateway.WithTenants(_application.Apps).GetTenant("my-app").WithEnvironment("MODE", "live");
        _application.Allocate(1, 2);

        var environment = await _application.EnvironmentAsync();

        Assert.Equal(("my-app.localhost", "my-app", "SNAKEHOST_ENV_MY_APP__"), (environment["SnakeHost__Routes__0__Host"], environment["SnakeHost__Routes__0__Name"], environment["SnakeHost__Routes__0__EnvPrefix"]));
        Assert.Equal("live", environment["SNAKEHOST_ENV_MY_APP__MODE"]);
        Assert.Equal("*.localhost", environment["SnakeHost__Routes__3__Host"]);
    }

    [Fact]
    public async Task EachRun_HasATokenOfItsOwn()
    {
        await using var other = new GatewayApplication();
        _application.Allocate(1, 2);
        other.Allocate(1, 2);
        Assert.NotEqual((await _application.EnvironmentAsync())["SnakeHost__Admin__Token"], (await other.EnvironmentAsync())["SnakeHost__Admin__Token"]);
    }

    [Fact]
    public void AFolderOfApps_MayBeConfiguredByName_BeforeAndAfter()
    {
        var notes = _application.Folder("apps/notes");
        var hello = _application.Folder("apps/hello");

        _application.Gateway.WithTenant("notes", notes, tenant => tenant.WithApp("a:b")).WithTenants(_application.Apps).WithTenant("hello", hello, tenant => tenant.WithApp("c:d"));

        Assert.Equal([("notes", "a:b"), ("hello", "c:d")], _application.Builder.Resources.OfType<PythonTenantResource>().Select(tenant => (tenant.Name, tenant.App)));
    }
}
