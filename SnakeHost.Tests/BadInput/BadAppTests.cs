using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.BadInput;

/// <summary>A bad tenant beside a good one: whatever the bad one does, the process lives on and the good one answers.</summary>
public abstract class BadAppTests(SharedGateways gateways)
{
    private const string GoodApp =
        """
        def app(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"undisturbed"]
        """;

    internal Task<ServedApp> ServeAsync(string python, string main) => ServedApp.OfAsync(gateways, python, main);

    /// <summary>What the bad tenant's answer says, as plain text, once its status is the expected one.</summary>
    internal static async Task<string> AnswerAsync(ServedApp app, HttpStatusCode expected, string path = "/")
    {
        using var response = await app.GetAsync(path, ("Accept", "text/plain"));
        return await response.TextAsync(expected);
    }

    /// <summary>Fails if the process has died or if a new tenant of the same gateway does not answer.</summary>
    internal static async Task AssertOthersAreUndisturbedAsync(ServedApp app)
    {
        Assert.True(app.Gateway.Process.IsAlive, app.Gateway.Process.Describe());
        var good = app.Gateway.NewTenant("good", ("main.py", GoodApp));
        Assert.Equal("undisturbed", await app.Client.TextAsync(good.Url("/")));
    }
}
