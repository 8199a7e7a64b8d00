using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.AppHost;

/// <summary>The AppHost of this repository twice at the same time, as for two clones, each with its orchestrator and its dashboard.</summary>
[Collection(nameof(OrchestratorTests))]
public sealed partial class TwoAppHostsTests
{
    /// <summary>A terminal's height: the link must not scroll away.</summary>
    private const int LinesOfASession = 30;

    [Fact]
    public async Task BothServe_EachAtAddressesOfItsOwn_AndTheOneThatGoesOnIsNotDisturbedByTheOthersEnd()
    {
        using var one = Start();
        using var other = Start();
        try
        {
            await LiveAsync(one, Read(one), other, Read(other));
        }
        finally
        {
            foreach (var process in new[] { one, other }.Where(static process => !process.HasExited))
                process.Kill(entireProcessTree: true);
        }
    }

    private static async Task LiveAsync(Process one, OutputLines first, Process other, OutputLines second)
    {
        var addresses = await Task.WhenAll(AddressesAsync(first), AddressesAsync(second));

        Assert.Equal(4, new HashSet<int>([addresses[0].Apps, addresses[0].Dashboard, addresses[1].Apps, addresses[1].Dashboard]).Count);
        foreach (var (apps, dashboard) in addresses)
        {
            Assert.StartsWith("Hello, world", await AskAsync("hello.dev.localhost", apps), StringComparison.Ordinal);
            Assert.Contains("<html", await LoginPageAsync(dashboard), StringComparison.Ordinal);
        }

        await EndAsync(one, first);
        Assert.StartsWith("Hello, world", await AskAsync("hello.dev.localhost", addresses[1].Apps), StringComparison.Ordinal);
        await EndAsync(other, second);
    }

    private static Process Start()
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Projects.SnakeHost_Gateway).Assembly.Location])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.Join(RepositoryFolder.Path, "SnakeHost.AppHost"),
        };
        // As its launchSettings.json has it.
        start.Environment["ASPNETCORE_ENVIRONMENT"] = start.Environment["DOTNET_ENVIRONMENT"] = "Development";
        start.Environment["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true";
        return ChildProcess.Start(start);
    }

    private static OutputLines Read(Process process)
    {
        var lines = new OutputLines();
        foreach (var stream in new[] { process.StandardOutput, process.StandardError })
            _ = ReadAsync(stream);
        return lines;

        async Task ReadAsync(StreamReader stream)
        {
            while (await stream.ReadLineAsync() is { } line)
                lines.Add(line);
        }
    }

    private static async Task<(int Apps, int Dashboard)> AddressesAsync(OutputLines output)
    {
        return (await PortAsync("The apps of gateway answer at http://NAME.dev.localhost:"), await PortAsync("Login to the dashboard at http://localhost:"));

        async Task<int> PortAsync(string sentence) =>
            int.Parse(Port().Match(await output.WaitForAsync(line => line.Contains(sentence, StringComparison.Ordinal), sentence, TimeSpan.FromMinutes(2))).Groups[1].ValueSpan, CultureInfo.InvariantCulture);
    }

    /// <summary>Of Aspire's dashboard. It starts when its address has been printed already, and one request on a busy machine had no answer for a minute: as with a browser, the next try counts.</summary>
    private static async Task<string> LoginPageAsync(int port)
    {
        for (var left = 5; ; left--)
        {
            try
            {
                return await AskAsync("localhost", port, "/login", TimeSpan.FromSeconds(20));
            }
            catch (OperationCanceledException) when (left > 0)
            {
            }
        }
    }

    private static async Task<string> AskAsync(string host, int port, string path = "/", TimeSpan? within = null)
    {
        using var client = Loopback.ClientFor(new IPEndPoint(IPAddress.Loopback, port), static () => "");
        client.Timeout = within ?? client.Timeout;
        return await client.TextAsync(new UriBuilder("http", host, port, path).Uri);
    }

    private static async Task EndAsync(Process process, OutputLines output)
    {
        await PythonProcess.ProgramAsync("kill", "-INT", process.Id.ToString(CultureInfo.InvariantCulture));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{process.ExitCode}: {output}");
        Assert.True(output.All.Count <= LinesOfASession, output.ToString());
    }

    [GeneratedRegex(@"localhost:(\d+)")]
    private static partial Regex Port();
}
