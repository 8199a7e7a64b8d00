using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.ScaleOut;

/// <summary>An nginx of Debian's with the configuration of docs/deployment.md, in which the addresses alone are others.</summary>
internal sealed partial class NginxServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly Process _process;
    private readonly OutputLines _lines = new();

    private NginxServer(TemporaryFolder folder, Process process, IPEndPoint address)
    {
        (_folder, _process, Address) = (folder, process, address);
        process.ErrorDataReceived += (_, line) => _lines.Add(line.Data ?? "");
        process.BeginErrorReadLine();
    }

    /// <summary>Why there is none; null where there is.</summary>
    public static string? Missing => File.Exists(Program) ? null : "nginx is not installed (Debian's package nginx).";

    public IPEndPoint Address { get; }

    /// <summary>Not in the PATH of every user.</summary>
    private static string Program => "/usr/sbin/nginx";

    /// <summary>Returns when it accepts connections.</summary>
    public static async Task<NginxServer> StartAsync(IReadOnlyList<IPEndPoint> gateways)
    {
        var folder = new TemporaryFolder();
        var address = Loopback.FreeAddress();
        var page = await File.ReadAllTextAsync(Path.Join(RepositoryFolder.Path, "docs", "deployment.md"));
        var site = Block().Match(page).Groups[1].Value;
        var servers = Server().Matches(site);
        Assert.Equal(gateways.Count, servers.Count);
        foreach (var (server, gateway) in servers.Zip(gateways))
            site = site.Replace(server.Value, $"server {gateway} ", StringComparison.Ordinal);
        site = site.Replace("listen 80;", $"listen {address};", StringComparison.Ordinal);
        Assert.Contains($"listen {address};", site, StringComparison.Ordinal);
        var temporary = string.Concat(new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(kind => $"    {kind}_temp_path {folder.Folder(kind)};\n"));
        var file = folder.File("nginx.conf", $"daemon off;\nmaster_process off;\npid {folder.Path}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n    access_log off;\n{temporary}{site}}}\n");
        var process = ChildProcess.Start(new ProcessStartInfo(Program, ["-c", file, "-p", folder.Path, "-e", "stderr"]) { RedirectStandardError = true, RedirectStandardInput = true });
        process.StandardInput.Close();
        var nginx = new NginxServer(folder, process, address);
        try
        {
            await Eventually.Async(async () =>
            {
                using var client = new TcpClient();
                Assert.Null(await Record.ExceptionAsync(() => client.ConnectAsync(address)));
            });
        }
        catch (Exception e)
        {
            var said = nginx.Describe();
            await nginx.DisposeAsync();
            throw new InvalidOperationException(said, e);
        }

        return nginx;
    }

    /// <summary>For the message of a failed assertion.</summary>
    public string Describe() => $"nginx said last:\n{string.Join('\n', _lines.All.TakeLast(30))}";

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    [GeneratedRegex("```nginx\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"server \d[\d.]*:\d+ ")]
    private static partial Regex Server();
}
