using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Apps;

/// <summary>Who sends a short answer: the app's own thread where that saves a thread's waking.</summary>
public sealed class AnswerThreadTests(AnswerGateway gateway) : IClassFixture<AnswerGateway>
{
    private const string Sender = "SnakeHost answe"; // the kernel keeps 15 characters

    private const string Computing =
        """
        import threading

        ended = threading.Event()

        def compute():
            while not ended.is_set():
                sum(range(10_000))

        def app(environ, start_response):
            if environ["PATH_INFO"] == "/end":
                ended.set()
            else:
                threading.Thread(target=compute).start()
            start_response("200 OK", [])
            return [b"done"]
        """;

    [Theory]
    [InlineData("wsgi")]
    [InlineData("asgi")]
    public async Task OfARequestThatIsAlone_ItIsTheApps_UnlessAnotherThreadComputes(string kind)
    {
        var busy = gateway.Tenants.Add("busy" + kind, ("main.py", Computing));
        using var connection = new KeptConnection(gateway.Process.Address, kind + ".localhost", "1.1");

        // Again where this machine has kept the app's thread waiting for something else.
        await Eventually.Async(async () => Assert.InRange(await WakesAsync(connection, 100), 0, 10), TimeSpan.FromSeconds(60));

        await gateway.Process.Client.TextAsync(busy.Url("/begin"));
        try
        {
            // As soon as that thread has been the first to take what was let go of.
            await Eventually.Async(async () => Assert.InRange(await WakesAsync(connection, 5), 4, 6), TimeSpan.FromSeconds(60));
        }
        finally
        {
            await gateway.Process.Client.TextAsync(busy.Url("/end"));
        }
    }

    private async Task<int> WakesAsync(KeptConnection connection, int requests)
    {
        var before = ProcFiles.Sleeps(gateway.Process.Id, Sender);
        for (var request = 0; request < requests; request++)
            await connection.AskAsync("/length/1/10");
        return ProcFiles.Sleeps(gateway.Process.Id, Sender) - before;
    }
}
