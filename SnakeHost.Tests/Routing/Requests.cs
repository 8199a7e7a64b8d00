using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Routing;

namespace SnakeHost.Tests.Routing;

/// <summary>Routes from JSON, and requests to them.</summary>
internal static class Requests
{
    public static HttpContext Get(string host, string path = "/", string query = "", params (string Name, string Value)[] headers)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = "GET";
        context.Request.Scheme = "http";

        // As Kestrel sets them: neither encoded nor decoded once more.
        context.Request.Headers.Host = host;
        context.Request.Path = new PathString(path);
        context.Request.QueryString = new QueryString(query);
        foreach (var (name, value) in headers) context.Request.Headers.Append(name, value);
        return context;
    }

    public static SnakeHostOptions Options(string root, string routes, string more = "")
    {
        var json = $$"""{ "SnakeHost": { "Root": "{{root}}", "Routes": [{{routes}}] {{more}} } }""";
        var configuration = new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build();
        return OptionsReader.Read(configuration, root, root, root);
    }

    public static RequestResolver Resolver(string root, string routes, TimeProvider? time = null, string more = "")
    {
        var options = Options(root, routes, more);
        return new RequestResolver(options, RouteTable.Create(options), time ?? TimeProvider.System, NullLogger<RequestResolver>.Instance);
    }

    public static Resolution Resolve(this RequestResolver resolver, HttpContext context) => resolver.Resolve(context, out _);
}
