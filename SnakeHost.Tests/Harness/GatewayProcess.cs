using System.Net;
using System.Text.RegularExpressions;

namespace SnakeHost.Tests.Harness;

/// <summary>The real, built gateway in a process of its own, listening on free loopback ports.</summary>
internal sealed partial class GatewayProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_start = TimeSpan.FromSeconds(90);

    private readonly GatewayRun _run;

    private GatewayProcess(GatewayRun run, string line)
    {
        _run = run;
        var match = ListeningLine().Match(line);
        Address = IPEndPoint.Parse(match.Groups["public"].Value);
        Client = Loopback.ClientFor(Address, run.Describe);
        Admin = match.Groups["admin"] is { Success: true } admin ? new AdminClient(IPEndPoint.Parse(admin.Value), run.Describe) : null;
    }

    public IPEndPoint Address { get; }

    /// <summary>Reaches this gateway whatever the host of the URL is. Follows no redirect and keeps no cookie.</summary>
    public HttpClient Client { get; }

    /// <summary>Null when started with <c>--admin off</c>.</summary>
    public AdminClient? Admin { get; }

    public OutputLines Output => _run.Output;

    public int Id => _run.Id;

    public bool IsAlive => !_run.HasExited;

    /// <summary>For the message of a failed assertion.</summary>
    public string Describe() => _run.Describe();

    /// <exception cref="InvalidOperationException">It exited before it listened; the message holds what it printed.</exception>
    /// <exception cref="TimeoutException">It never listened.</exception>
    public static async Task<GatewayProcess> StartAsync(GatewaySettings settings)
    {
        var run = GatewayRun.Start(settings);
        try
        {
            var listening = run.Output.WaitForAsync(line => ListeningLine().IsMatch(line), "the line that says where it listens", s_start);
            var exited = run.WaitForExitAsync(s_start);
            if (await Task.WhenAny(listening, exited) == exited && exited.IsCompletedSuccessfully)
                throw new InvalidOperationException($"It never listened. {run.Describe()}");
            return new GatewayProcess(run, await listening);
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGTERM; the gateway has to drain and to exit with 0.</summary>
    public async Task StopAsync()
    {
        Assert.True(IsAlive, $"It ended before it was asked to. {Describe()}");
        _run.Terminate();
        var code = await _run.WaitForExitAsync();
        Assert.True(code == 0, $"Exit code {code} after SIGTERM. {Describe()}");
    }

    /// <summary>SIGTERM alone.</summary>
    public void Terminate() => _run.Terminate();

    /// <summary>SIGINT alone.</summary>
    public void Interrupt() => _run.Interrupt();

    /// <summary>SIGHUP: several gateways are replaced.</summary>
    public void HangUp() => _run.HangUp();

    /// <inheritdoc cref="GatewayRun.Suspend"/>
    public void Suspend() => _run.Suspend();

    public void Resume() => _run.Resume();

    /// <summary>SIGKILL, to this process alone.</summary>
    public void Kill() => _run.Kill();

    /// <summary>Waits for the end, whatever the code is.</summary>
    public Task<int> WaitForExitAsync(TimeSpan? within = null) => _run.WaitForExitAsync(within);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Admin?.Dispose();
        await _run.DisposeAsync();
    }

    [GeneratedRegex(@"SnakeHost is listening on http://(?<public>\S+?)/?(\s+http\S+)*\s+\(admin (http://(?<admin>[^\s)]+?)/?|off)\)")]
    private static partial Regex ListeningLine();
}
