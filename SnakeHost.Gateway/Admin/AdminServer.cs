using System.Diagnostics;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Listening;

namespace SnakeHost.Gateway.Admin;

/// <summary>The admin listener: a server of its own, so that no request can reach it through the public one.</summary>
internal sealed class AdminServer : IAsyncDisposable
{
    private const string MetricsPath = "/metrics";

    private const string NoMetrics =
        "There are no metrics here. SnakeHost:Admin:Metrics=true has them measured for Prometheus (not with --workers); OTEL_EXPORTER_OTLP_ENDPOINT has them sent.";

    private readonly WebApplication _web;

    private AdminServer(WebApplication web) => _web = web;

    /// <summary>Where it listens, as a URL.</summary>
    public string Address => _web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <param name="options">Address and token.</param>
    /// <param name="address">The address, parsed.</param>
    /// <param name="tenants">What it tells of.</param>
    /// <param name="services">Of the public server, or the supervisor: its logging and its environment.</param>
    /// <param name="measures">Whether this process is the one that answers requests, so that it has metrics.</param>
    public static AdminServer Create(AdminOptions options, ListenAddress address, IAdminTenants tenants, IServiceProvider services, bool measures)
    {
        var guard = new AdminGuard(options.Token);
        return new AdminServer(Build(kestrel => KestrelListener.Add(kestrel, address), guard.InvokeAsync, tenants, services, measures && options.Metrics));
    }

    /// <summary>On a Unix socket in a folder that nobody else can enter, which is all its protection.</summary>
    public static AdminServer Create(string socket, IAdminTenants tenants, IServiceProvider services) =>
        new(Build(kestrel => kestrel.ListenUnixSocket(socket), static (context, next) => next(context), tenants, services, hasMetrics: false));

    public Task StartAsync() => _web.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _web.StopAsync();
        await _web.DisposeAsync();
    }

    private static WebApplication Build(Action<KestrelServerOptions> listen, Func<HttpContext, RequestDelegate, Task> guard, IAdminTenants tenants, IServiceProvider services, bool hasMetrics)
    {
        // An empty builder: appsettings.json and the command line speak of the public listener.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = services.GetRequiredService<IHostEnvironment>().EnvironmentName });
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            RequestFields.Check(kestrel);
            listen(kestrel);
        });
        // A source that nobody listens to: health checks and open event streams are no requests to anybody's app.
        builder.Services.AddSingleton(new ActivitySource("SnakeHost.Admin"));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(services.GetRequiredService<ILoggerFactory>());
        if (hasMetrics)
            builder.Services.AddPrometheus();
        builder.Services.AddAdminDocument();
        // Thrown, so that the answer can say what it is that cannot be read.
        builder.Services.Configure<RouteHandlerOptions>(static handlers => handlers.ThrowOnBadRequest = true);
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, AdminJsonContext.Default));

        var web = builder.Build();
        // Its span is told to nobody, so no record may name it: a dashboard would link to a trace that does not exist.
        web.Use(static async (context, next) =>
        {
            Activity.Current = null;
            await next(context);
        });
        web.Use(guard);
        web.Use(static async (context, next) =>
        {
            try
            {
                await next(context);
            }
            catch (Microsoft.AspNetCore.Http.BadHttpRequestException e) when (!context.Response.HasStarted)
            {
                await Results.Problem(e.Message, statusCode: e.StatusCode).ExecuteAsync(context);
            }
        });
        web.MapAdmin(tenants);
        if (hasMetrics)
            web.MapPrometheus(MetricsPath);
        else
            web.MapGet(MetricsPath, static () => Results.Problem(NoMetrics, statusCode: StatusCodes.Status404NotFound)).ExcludeFromDescription();
        return web;
    }
}
