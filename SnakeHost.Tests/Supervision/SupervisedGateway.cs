using System.Globalization;
using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Supervision;

/// <summary>Two gateways at one address. Its tests may end workers: each waits first until there are two.</summary>
public sealed class SupervisedGateway() : GatewayFixture("--workers", "2", "--SnakeHost:RouteDefaults:Autoreload:Browser=true")
{
    /// <summary>An app that says which process answers.</summary>
    internal static readonly string Pid = PythonApps.Answering("import os\ndef answer(path): return os.getpid()");

    /// <summary>The processes of the workers, once both serve.</summary>
    internal static async Task<IReadOnlyList<int>> WorkersAsync(GatewayProcess gateway, int count = 2)
    {
        IReadOnlyList<int> workers = [];
        await Eventually.Async(
            async () =>
            {
                Assert.Equal("Healthy", await gateway.Admin!.Client.TextAsync(new Uri("http://localhost/health")));
                workers = [.. ProcFiles.Descendants(gateway.Id).Where(static id => ProcFiles.CommandLine(id).Contains("Workers", StringComparison.OrdinalIgnoreCase))];
                Assert.Equal(count, workers.Count);
            },
            TimeSpan.FromSeconds(90));
        return workers;
    }

    /// <summary>The answer on a connection of its own.</summary>
    internal static async Task<string> AskAsync(IPEndPoint address, Uri url)
    {
        using var client = Loopback.ClientFor(address, static () => "");
        return await client.TextAsync(url);
    }

    /// <summary>Asks on new connections until each of the workers has answered.</summary>
    internal static async Task<IReadOnlySet<int>> AskAllAsync(GatewayProcess gateway, Uri url, int count = 2)
    {
        var seen = new HashSet<int>();
        // Which one gets a connection is chance.
        for (var i = 0; seen.Count < count && i < 200; i++)
            seen.Add(int.Parse(await AskAsync(gateway.Address, url), CultureInfo.InvariantCulture));
        return seen;
    }
}
