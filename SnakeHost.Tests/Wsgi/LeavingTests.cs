using System.Diagnostics;
using System.Net;
using System.Text.Json;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;
using SnakeHost.Tests.Listening;

namespace SnakeHost.Tests.Wsgi;

/// <summary>Clients that leave while their request waits for a thread of a WSGI app.</summary>
public sealed class LeavingTests(LeavingGateway gateway) : IClassFixture<LeavingGateway>
{
    /// <summary>The only thread makes the file <c>held</c> in <c>/hold</c>, and waits there until the test makes the file <c>go</c>.</summary>
    private const string App =
        """
        import os, time

        ran = []

        def app(environ, start_response):
            path = environ["PATH_INFO"]
            if path == "/hold":
                open("held", "w").close()
            while path == "/hold" and not os.path.exists("go"):
                time.sleep(0.005)
            ran.append(path)
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [" ".join(ran).encode()]
        """;

    // Longer than the gateway waits for one that has merely ended its sending.
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(2.2);

    [Fact]
    [Conforms(Standard.Gateway, "Queue", "a request whose client has left while it waited for a thread is not run: by a reset, by closing, by resetting its stream of HTTP/2")]
    public async Task TheirRequests_AreNotRun()
    {
        var tenant = gateway.Tenants.Add("queue", ("main.py", App));
        using var http2 = TlsGateway.Client(TlsGateway.Address(gateway.Process, 1));
        http2.DefaultRequestVersion = HttpVersion.Version20;
        http2.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        var hold = gateway.Client.TextAsync(tenant.Url("/hold"));
        await Eventually.Async(() =>
        {
            Assert.True(File.Exists(Path.Join(tenant.Directory, "held")));
            return Task.CompletedTask;
        });

        var clock = Stopwatch.StartNew();
        using (var reset = await AskAsync(tenant, "/reset"))
        using (var closed = await AskAsync(tenant, "/closed"))
        using (var cancel = new CancellationTokenSource())
        {
            var streams = Enumerable.Range(0, 20).Select(_ => http2.GetAsync(tenant.Url("/stream"), cancel.Token)).ToArray();
            await Eventually.Async(async () => Assert.Equal(22, await WaitingAsync(tenant)));
            reset.Reset();
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(streams));
        }

        var stays = gateway.Client.TextAsync(tenant.Url("/stays"));
        // On the connection whose streams were reset: when this is refused, the resets before it have been seen.
        using var behind = await http2.GetAsync(new Uri("http://nobody.localhost/"), TestContext.Current.CancellationToken);
        await Eventually.Async(() =>
        {
            Assert.True(clock.Elapsed > s_silence);
            return Task.CompletedTask;
        });
        tenant.Write("go", "");

        Assert.Equal("/hold", await hold);
        Assert.Equal("/hold /stays", await stays);
        foreach (var (path, count) in new[] { ("/reset", 1), ("/closed", 1), ("/stream", 20) })
            await AssertLoggedAsync(path, count);
    }

    private async Task<int> WaitingAsync(Tenant tenant) =>
        await gateway.Process.Admin!.FindAsync(tenant.Directory) is { } state ? state.GetProperty("waiting").GetInt32() : 0;

    /// <summary>Each of so many requests for the path has an entry that says that its client had gone.</summary>
    private Task AssertLoggedAsync(string path, int count) => Eventually.Async(() =>
    {
        var lines = gateway.Process.Output.All.Where(line => line.Contains($"\"path\":\"{path}\"", StringComparison.Ordinal));
        Assert.Equal(Enumerable.Repeat(499, count), lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("status").GetInt32()));
        return Task.CompletedTask;
    });

    private async Task<RawConnection> AskAsync(Tenant tenant, string path)
    {
        var connection = await RawConnection.OpenAsync(gateway.Process.Address);
        await connection.SendAsync($"GET {path} HTTP/1.1\r\nHost: {tenant.Host}\r\n\r\n");
        return connection;
    }
}
