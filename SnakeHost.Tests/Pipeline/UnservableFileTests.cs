using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Pipeline;

/// <summary>What lies in a static folder and is no file to serve, or is none any more when it is opened.</summary>
[SupportedOSPlatform("linux")]
public sealed class UnservableFileTests(UnservableFileTests.Gateway gateway) : IClassFixture<UnservableFileTests.Gateway>
{
    [Fact]
    [Conforms(Standard.Gateway, "Static folders", "only regular files are served: a FIFO, a socket or a device is for the app, and holds up nobody")]
    public async Task WhatIsNoRegularFile_GoesToTheApp_AndHoldsUpNobody()
    {
        var tenant = NewTenant();
        var fifo = Path.Join(tenant.Directory, "public", "fifo");
        using (var make = ChildProcess.Start(new ProcessStartInfo("mkfifo", [fifo])))
            await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(Path.Join(tenant.Directory, "public", "link"), fifo);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Join(tenant.Directory, "public", "sock")));

        // More than there are threads in the pool: had each waited, nobody would answer.
        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(number => gateway.Client.TextAsync(tenant.Url(number % 2 == 0 ? "/static/fifo" : "/static/link"))));

        Assert.All(answers, answer => Assert.Equal("the app", answer));
        Assert.Equal("the app", await gateway.Client.TextAsync(tenant.Url("/static/sock")));
        Assert.Equal("text", await gateway.Client.TextAsync(tenant.Url("/static/file.txt")));
    }

    [Fact]
    [Conforms(Standard.Gateway, "Static folders", "a file that the gateway may not read is answered 403")]
    public async Task AFileThatMayNotBeRead_Is403_ForTheClientAndInTheLog()
    {
        var tenant = NewTenant();
        File.SetUnixFileMode(Path.Join(tenant.Directory, "public", "file.txt"), UnixFileMode.None);
        foreach (var (method, range) in new[] { (HttpMethod.Get, ""), (HttpMethod.Get, "bytes=1-2") })
        {
            using var response = await gateway.Client.SendAsync(method, tenant.Url("/static/file.txt"), null, range.Length > 0 ? [("Range", range)] : []);
            Assert.Equal("", await response.TextAsync(HttpStatusCode.Forbidden));
            Assert.Null(response.Headers.ETag);
        }

        await gateway.Process.Output.WaitForAsync(line => Logged(line, tenant.Host) == 403, "the line of the access log");
        Assert.DoesNotContain(gateway.Process.Output.All, line => Logged(line, tenant.Host) is not (null or 403));
        Assert.DoesNotContain(gateway.Process.Output.All, line => line.Contains("UnauthorizedAccess", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AFileThatIsWrittenAnew_IsServedAsItIsOrWas_OrTheAppAnswers(bool inPlace)
    {
        var tenant = NewTenant();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var writer = Task.Run(() => Write(tenant, inPlace, stop.Token), CancellationToken.None);
        try
        {
            for (var count = 0; count < 300; count++)
            {
                using var response = await gateway.Client.GetAsync(tenant.Url("/static/file.txt"), TestContext.Current.CancellationToken);
                var text = await response.TextAsync(HttpStatusCode.OK);
                // What is written in place is there in part before it is whole.
                Assert.True(text is "" or "text" or "the app" || text.Length == 5000 || (inPlace && text.All(character => character == 't')), text);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await writer;
        }
    }

    private static void Write(Tenant tenant, bool inPlace, CancellationToken stop)
    {
        var (file, aside) = (Path.Join(tenant.Directory, "public", "file.txt"), Path.Join(tenant.Directory, "aside"));
        for (var turn = 0; !stop.IsCancellationRequested; turn++)
        {
            // Another length each time, so that what was seen of it is not what is opened.
            var text = turn % 2 == 0 ? new string('t', 5000) : "text";
            if (inPlace)
            {
                File.WriteAllText(file, turn % 2 == 0 ? text : "");
            }
            else
            {
                File.Delete(file);
                File.WriteAllText(aside, text);
                File.Move(aside, file);
            }
        }
    }

    private static int? Logged(string line, string host)
    {
        var json = line.Trim();
        return json.StartsWith('{') && json.Contains($"\"{host}\"", StringComparison.Ordinal) ? JsonDocument.Parse(json).RootElement.GetProperty("status").GetInt32() : null;
    }

    private Tenant NewTenant() =>
        gateway.Tenants.AddUnique("files", ("main.py", PythonApps.Answering("def answer(path): return 'the app'")), ("public/file.txt", "text"));

    /// <summary>May not read everything, whoever runs the tests.</summary>
    public sealed class Gateway() : GatewayFixture("--access-logs", "json", "--SnakeHost:RouteDefaults:Static:/static=public")
    {
        private protected override GatewaySettings Configure(GatewaySettings settings) =>
            Environment.IsPrivilegedProcess ? settings with { Through = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] } : settings;
    }
}
