using System.Net;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Wsgi;

/// <summary>Request bodies whose length the client has not told.</summary>
public sealed class WsgiUnknownLengthTests(SharedGateways gateways)
{
    /// <summary>Answers with the length it was told, the coding, whether the input ends by itself, and the length it read.</summary>
    private const string App =
        """
        def app(environ, start_response):
            told = environ.get("CONTENT_LENGTH", "-"), environ.get("HTTP_TRANSFER_ENCODING", "-"), environ.get("wsgi.input_terminated", "-")
            body = environ["wsgi.input"].read()
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [" ".join(map(str, (*told, len(body)))).encode()]
        """;

    [Conforms(Standard.Wsgi, "Other HTTP Features", "a chunked request body is decoded by the server")]
    [Conforms(Standard.Gateway, "WSGI requests", "a chunked body up to MaxBufferedRequestBody bytes comes with its CONTENT_LENGTH, a longer one as a stream that ends by itself")]
    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task AShortBody_IsGivenItsLength_ALongOneStreams(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        Assert.Equal("0 - - 0", await PostAsync(app, 0));
        Assert.Equal("1 - - 1", await PostAsync(app, 1));
        Assert.Equal("100000 - - 100000", await PostAsync(app, 100_000));
        Assert.Equal("1048576 - - 1048576", await PostAsync(app, 1_048_576));
        Assert.Equal("- chunked True 1048577", await PostAsync(app, 1_048_577));
        Assert.Equal("- chunked True 5000000", await PostAsync(app, 5_000_000));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    public async Task AMalformedBody_IsTheClientsFault(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        using var connection = await app.BeginAsync("POST /", "Transfer-Encoding: chunked\r\n");
        await connection.SendAsync("zz\r\nnonsense\r\n0\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400 Bad Request\r\n", await connection.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutABuffer_EveryBodyStreams()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root, Arguments = ["--SnakeHost:RouteDefaults:MaxBufferedRequestBody=0"] });
        var tenant = tenants.Add("app", ("main.py", App));

        using var response = await gateway.Client.SendAsync(Chunked(tenant.Url("/"), 5), TestContext.Current.CancellationToken);

        Assert.Equal("- chunked True 5", await response.TextAsync(HttpStatusCode.OK));
    }

    private static async Task<string> PostAsync(ServedApp app, int length)
    {
        using var response = await app.Client.SendAsync(Chunked(app.Tenant.Url("/"), length), TestContext.Current.CancellationToken);
        return await response.TextAsync(HttpStatusCode.OK);
    }

    private static HttpRequestMessage Chunked(Uri url, int length)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(new byte[length]) };
        request.Headers.TransferEncodingChunked = true;
        return request;
    }
}
