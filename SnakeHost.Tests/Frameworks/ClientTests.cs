using System.Diagnostics;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Flask asked by other clients than .NET's: curl and httpx, with what they do by themselves.</summary>
public sealed class ClientTests(SharedGateways gateways)
{
    private const string App =
        """
        from flask import Flask, request

        app = Flask(__name__)

        @app.route("/", methods=["GET", "POST", "PUT"])
        def index():
            return f"{len(request.get_data())} {request.headers.get('Content-Length')} {request.environ['REMOTE_PORT']}"
        """;

    public static TheoryData<string> Interpreters => InstalledPythons.WithModule("flask, httpx");

    [Theory, MemberData(nameof(InstalledPythons.WithModule), "flask", MemberType = typeof(InstalledPythons))]
    public async Task Curl_KeepsItsConnectionAndUploadsInEveryWay(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);
        var url = $"http://{app.Gateway.Process.Address}/";
        var host = $"Host: {app.Tenant.Host}";
        var file = Path.Combine(app.Tenant.Directory, "large");
        await File.WriteAllBytesAsync(file, new byte[3_000_000], TestContext.Current.CancellationToken);

        var (answers, _) = await RunAsync("curl", null, "-sS", "-w", "\n", "-H", host, url, url);
        Assert.Single(answers.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct());

        // Of a body this large curl asks first whether it is wanted.
        var (expected, conversation) = await RunAsync("curl", null, "-sSv", "-H", host, "--data-binary", $"@{file}", url);
        Assert.StartsWith("3000000 3000000 ", expected, StringComparison.Ordinal);
        Assert.Contains("> Expect: 100-continue", conversation, StringComparison.Ordinal);
        Assert.Contains("< HTTP/1.1 100 Continue", conversation, StringComparison.Ordinal);

        var (chunked, sent) = await RunAsync("curl", file, "-sSv", "-H", host, "-T", "-", url);
        Assert.StartsWith("3000000 None ", chunked, StringComparison.Ordinal);
        Assert.Contains("> Transfer-Encoding: chunked", sent, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Interpreters))]
    public async Task Httpx_KeepsItsConnectionAndUploadsInEveryWay(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App);

        var (answers, _) = await RunAsync(python, null, "-c",
            """
            import sys, httpx
            url, host, file = sys.argv[1:]
            with httpx.Client(headers={"Host": host}, timeout=60) as client:
                answers = [
                    client.get(url).text,
                    client.post(url, content=bytes(3000000)).text,
                    client.post(url, content=(bytes(100000) for _ in range(30))).text,
                    client.post(url, content=(bytes(10) for _ in range(3))).text,
                ]
            print([answer.rsplit(" ", 1)[0] for answer in answers], len({answer.split()[-1] for answer in answers}))
            """, $"http://{app.Gateway.Process.Address}/", app.Tenant.Host, "");

        Assert.Equal("['0 None', '3000000 3000000', '3000000 None', '30 30'] 1\n", answers);
    }

    private static async Task<(string Output, string Errors)> RunAsync(string command, string? input, params string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in new[] { "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY" })
            start.Environment.Remove(name);
        using var process = ChildProcess.Start(start);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (input is not null)
        {
            await using var file = File.OpenRead(input);
            await file.CopyToAsync(process.StandardInput.BaseStream);
        }

        process.StandardInput.Close();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{command}: exit code {process.ExitCode}\n{await errors}");
        return (await output, await errors);
    }
}
