using System.Net;

namespace SnakeHost.Tests.Harness;

/// <summary>One tenant of a shared gateway and the requests to it.</summary>
internal sealed record ServedApp(SharedGateway Gateway, Tenant Tenant)
{
    public HttpClient Client => Gateway.Client;

    public static async Task<ServedApp> OfAsync(SharedGateways gateways, string python, string main, params (string Path, string Content)[] files)
    {
        var gateway = await gateways.ForAsync(python);
        return new ServedApp(gateway, gateway.NewTenant("app", [.. files, ("main.py", main)]));
    }

    public Task<string> TextAsync(string path = "/") => Client.TextAsync(Tenant.Url(path));

    public Task<HttpResponseMessage> GetAsync(string path = "/", params (string Name, string Value)[] headers) =>
        Client.SendAsync(HttpMethod.Get, Tenant.Url(path), content: null, headers);

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers) =>
        Client.SendAsync(method, Tenant.Url(path), content, headers);

    /// <summary>Sends the header lines as they are, and asks the server to close.</summary>
    public Task<RawResponse> RawAsync(string target, string headers = "") => RawRequest.GetAsync(Gateway.Process.Address, target, Tenant.Host, headers);

    /// <summary>A connection on which the request line and these header lines have been sent; what follows is the caller's.</summary>
    public async Task<RawConnection> BeginAsync(string request, string headers = "", int? receiveBuffer = null)
    {
        var connection = await RawConnection.OpenAsync(Gateway.Process.Address, receiveBuffer);
        await connection.SendAsync($"{request} HTTP/1.1\r\nHost: {Tenant.Host}\r\n{headers}\r\n");
        return connection;
    }

    /// <summary>The text of a 200 answer to a body.</summary>
    public async Task<string> PostAsync(string path, HttpContent content)
    {
        using var response = await SendAsync(HttpMethod.Post, path, content);
        return await response.TextAsync(HttpStatusCode.OK);
    }
}
