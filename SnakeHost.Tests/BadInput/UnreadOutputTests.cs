using System.Net;
using System.Net.Sockets;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.BadInput;

/// <summary>Whoever reads the gateway's output decides nothing: apps answer, and the gateway ends, though nobody reads, the reader has left, or the disk is full.</summary>
public sealed class UnreadOutputTests
{
    /// <summary>A reader of a pipe that passes lines on up to the one that says where the gateway listens; then it does as told.</summary>
    private const string Reader = """exec "$0" "$@" > >(while read -r line; do echo "$line"; case $line in *listening*) THEN;; esac; done)""";

    /// <summary>Holds the pipe, and reads nothing, as long as the gateway lives.</summary>
    private const string Stops = "exec tail -f /dev/null --pid=$$ >/dev/null 2>&1";

    /// <summary>More than the pipe takes, and than any queue of lines.</summary>
    private const string Talkative =
        """
        import logging
        def answer(path):
            for i in range(300):
                print(f"{i:05} " + "x" * 300)
                logging.error("%05d " + "y" * 300, i)
            return "said"
        """;

    [Theory, MemberData(nameof(Interfaces))]
    public async Task WhenNobodyReadsOn_AppsAnswerAndTheGatewayEnds(string kind)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await StartAsync(tenants, Stops);
        var loud = tenants.Add("loud", ("main.py", PythonApps.Answering(Talkative, kind)));
        var quiet = tenants.Add("quiet", ("main.py", PythonApps.Answering("def answer(path): return 'here'", kind)));

        for (var i = 0; i < 30; i++)
        {
            Assert.Equal("said", await gateway.Client.TextAsync(loud.Url("/")));
            Assert.Equal("here", await gateway.Client.TextAsync(quiet.Url("/")));
        }

        await gateway.StopAsync();
    }

    [Theory]
    [InlineData("exit")]
    [InlineData("exec cat >/dev/null")]
    public async Task WhenTheReaderHasLeft_OrReadsOn_AppsAnswer(string then)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await StartAsync(tenants, then);
        var loud = tenants.Add("loud", ("main.py", PythonApps.Answering(Talkative)));

        for (var i = 0; i < 10; i++)
            Assert.Equal("said", await gateway.Client.TextAsync(loud.Url("/")));
        await gateway.StopAsync();
    }

    [Fact]
    public async Task WhenTheReaderReadsOnLater_ItIsToldWhatIsMissing()
    {
        using var tenants = new TenantFolder();
        var goOn = Path.Join(tenants.Root, ".go-on");
        await using var gateway = await StartAsync(tenants, $"until [ -e {goOn} ]; do sleep 0.1; done; exec cat");
        var loud = tenants.Add("loud", ("main.py", PythonApps.Answering(
            """
            def answer(path):
                print("first")
                # What the logger's own queue holds at the end is not enough.
                for i in range(4_000):
                    print("x" * 8_000)
                return "said"
            """)));

        Assert.Equal("said", await gateway.Client.TextAsync(loud.Url("/")));
        File.WriteAllText(goOn, "");

        await gateway.Output.WaitForLineAsync("messages are missing here");
        Assert.Contains(gateway.Output.All, line => line.EndsWith("first", StringComparison.Ordinal));
        await gateway.StopAsync();
    }

    [Fact]
    public async Task WithAFullDiskBehindBothStreams_TheGatewayStartsAndEnds()
    {
        using var tenants = new TenantFolder();
        var app = tenants.Add("app", ("main.py", PythonApps.Answering("print('at import')\ndef answer(path): return 'here'")));
        var address = Loopback.FreeAddress();
        await using var run = GatewayRun.Start(new()
        {
            Root = tenants.Root,
            Listen = address.ToString(),
            Admin = "off",
            Through = ["sh", "-c", """exec "$0" "$@" >/dev/full 2>&1"""],
        });
        using var client = Loopback.ClientFor(address, run.Describe);

        await Eventually.Async(async () =>
        {
            Assert.False(run.HasExited, run.Describe());
            var answer = await Record.ExceptionAsync(async () => Assert.Equal("here", await client.TextAsync(app.Url("/"))));
            Assert.Null(answer);
        }, TimeSpan.FromSeconds(60));
        run.Terminate();
        Assert.Equal(0, await run.WaitForExitAsync());
    }

    [Fact]
    public async Task AConfigurationThatIsRefused_KeepsItsExitCodeWhenItCannotBeSaid()
    {
        await using var run = GatewayRun.Start(new() { Arguments = ["--threads", "none"], Through = ["sh", "-c", """exec "$0" "$@" >/dev/full 2>&1"""] });
        Assert.Equal(2, await run.WaitForExitAsync());
    }

    public static TheoryData<string> Interfaces => ["wsgi", "asgi"];

    private static Task<GatewayProcess> StartAsync(TenantFolder tenants, string then) => GatewayProcess.StartAsync(new()
    {
        Root = tenants.Root,
        Arguments = ["--access-logs", "--SnakeHost:Reload:Grace=00:00:02"],
        Through = ["bash", "-c", Reader.Replace("THEN", then, StringComparison.Ordinal)],
    });
}
