using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Pipeline;

/// <summary>
/// Takes the client's address and scheme from the headers of proxies that are trusted, and from nobody else. A list of addresses is read from its
/// end, as long as each was written by a trusted proxy, so that what a client wrote in front of it is never believed.
/// </summary>
internal static class ProxyHeaders
{
    private static readonly System.Net.IPNetwork[] s_loopback = [new(IPAddress.Parse("127.0.0.0"), 8), new(IPAddress.IPv6Loopback, 128)];

    /// <summary>
    /// ASP.NET Core's own variable believes whoever connects. Before the first builder, which reads it; apps have an environment of their own.
    /// </summary>
    public static void IgnoreEnvironment() => Environment.SetEnvironmentVariable("ASPNETCORE_FORWARDEDHEADERS_ENABLED", null);

    /// <summary>Nothing is added where nobody is trusted.</summary>
    public static void Use(WebApplication web, SnakeHostOptions options)
    {
        var networks = options.ProxyNetworks ?? (web.Environment.IsDevelopment() ? s_loopback : []);
        if (networks.Count == 0)
            return;
        var forwarded = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto
                | (options.TrustForwardedHost ? ForwardedHeaders.XForwardedHost : ForwardedHeaders.None),
            ForwardLimit = null,
        };
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var network in networks)
            forwarded.KnownIPNetworks.Add(network);
        web.UseForwardedHeaders(forwarded);
        web.Use(Normalize);
    }

    /// <summary>Some proxies name WebSockets' schemes, and any proxy may pass on what it was sent.</summary>
    private static Task Normalize(HttpContext context, RequestDelegate next)
    {
        var scheme = context.Request.Scheme;
        if (scheme is not ("http" or "https"))
            context.Request.Scheme = scheme.Equals("https", StringComparison.OrdinalIgnoreCase) || scheme.Equals("wss", StringComparison.OrdinalIgnoreCase) ? "https" : "http";
        return next(context);
    }
}
