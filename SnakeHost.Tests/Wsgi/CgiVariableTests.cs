using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Wsgi;

/// <summary>Headers that would pass for something else once they are variables.</summary>
public sealed class CgiVariableTests(SharedGateways gateways)
{
    [Theory]
    [InlineData("Proxy: http://evil.example\r\n")]
    [InlineData("PROXY: http://evil.example\r\n")]
    [InlineData("X_Forwarded_For: 203.0.113.9\r\n")]
    [InlineData("Content_Length: 9\r\n")]
    [InlineData("Remote_User: root\r\nRemote-User_: root\r\n")]
    [Conforms(Standard.Gateway, "Headers", "a request header Proxy never becomes HTTP_PROXY, and one with an underscore never passes for one with a dash")]
    public async Task AHeaderThatSpoofsAVariable_IsDropped(string headers)
    {
        var app = await ServedApp.OfAsync(gateways, InstalledPythons.Default,
            """
            import os

            def app(environ, start_response):
                start_response("200 OK", [("Content-Type", "text/plain")])
                names = sorted(name for name in environ if name.isupper() and name.startswith(("HTTP_", "CONTENT_", "REMOTE_U")))
                return [" ".join(names + [name for name in os.environ if name.upper() == "HTTP_PROXY"]).encode()]
            """);

        var response = await app.RawAsync("/", "X-Fine: yes\r\n" + headers);

        Assert.Equal(200, response.Status);
        Assert.Contains("HTTP_CONNECTION HTTP_HOST HTTP_X_FINE\r\n", response.Body + "\r\n", StringComparison.Ordinal);
    }
}
