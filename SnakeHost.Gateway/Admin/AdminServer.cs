using System.Diagnostics;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Listening;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Admin;

/// <summary>The admin listener: a server of its own, so that no request can reach it through the public one.</summary>
internal sealed class AdminServer : IAsyncDisposable
{
    private readonly WebApplication _web;

    private AdminServer(WebApplication web) => _web = web;

    /// <summary>Where it listens, as a URL.</summary>
    public string Address => _web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <param name="options">Address and token.</param>
    /// <param name="address">The address, parsed.</param>
    /// <param name="python">Whether Python answers.</param>
    /// <param name="gateway">The public server, for its logging and its health.</param>
    /// <param name="find">The tenant that a request to an address would reach, or why there is none.</param>
    public static AdminServer Create(
        AdminOptions options, ListenAddress address, TenantRegistry tenants, Func<Uri, (TenantSpecification? Tenant, string? Reason)> find, OutputHistory output, GilWatch python, WebApplication gateway)
    {
        // An empty builder: appsettings.json and the command line speak of the public listener.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = gateway.Environment.EnvironmentName });
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            RequestFields.Check(kestrel);
            KestrelListener.Add(kestrel, address);
        });
        // A source that nobody listens to: health checks and open event streams are no requests to anybody's app.
        builder.Services.AddSingleton(new ActivitySource("SnakeHost.Admin"));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(gateway.Services.GetRequiredService<ILoggerFactory>());
        builder.Services.AddAdminDocument();
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, AdminJsonContext.Default));

        var web = builder.Build();
        var guard = new AdminGuard(options.Token);
        web.Use(guard.InvokeAsync);
        web.MapAdmin(tenants, find, output, python, gateway.Lifetime);
        return new AdminServer(web);
    }

    public Task StartAsync() => _web.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _web.StopAsync();
        await _web.DisposeAsync();
    }
}
