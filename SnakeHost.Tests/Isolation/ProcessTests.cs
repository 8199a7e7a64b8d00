using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Isolation;

/// <summary>Apps that fork, and apps that set the process's timers: neither may end the gateway, which serves others.</summary>
public sealed class ProcessTests
{
    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task AForkedChildThatStays_KeepsNoPort(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root });
        var tenant = tenants.Add("app", ("main.py",
            """
            import os, socket, time

            own = socket.create_server(("127.0.0.1", 0))

            def app(environ, start_response):
                pid = os.fork()
                if pid == 0:
                    own.getsockname()  # the app's own stays open
                    with open("running", "w"):
                        pass
                    time.sleep(600)
                start_response("200 OK", [("Content-Type", "text/plain")])
                return [str(pid).encode()]
            """));
        using var child = System.Diagnostics.Process.GetProcessById(int.Parse(await gateway.Client.TextAsync(tenant.Url("/")), System.Globalization.CultureInfo.InvariantCulture));
        try
        {
            await Eventually.Async(() =>
            {
                Assert.True(File.Exists(Path.Join(tenant.Directory, "running")));
                return Task.CompletedTask;
            });
            // One that ends in order takes its sockets out of service, wherever else they are open.
            using (var process = System.Diagnostics.Process.GetProcessById(gateway.Id))
            {
                process.Kill();
                await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            }

            Assert.False(child.HasExited);

            using var listener = new System.Net.Sockets.TcpListener(gateway.Address);
            listener.Start();
        }
        finally
        {
            child.Kill();
        }
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task AForkedChild_MayLog_AndMayComeBackFromTheApp_AndATimerEndsNothing(string python)
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root });
        var tenant = tenants.Add("app", ("main.py",
            """
            import logging, multiprocessing, os, signal, sys, time

            def work():
                logging.getLogger("x").warning("hello from the child")

            def wait(pid):
                return str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

            def app(environ, start_response):
                path = environ["PATH_INFO"]
                if path == "/log":
                    child = multiprocessing.get_context("fork").Process(target=work)
                    child.start()
                    child.join()
                    answer = str(child.exitcode)
                elif path == "/alarm":
                    signal.signal(signal.SIGALRM, lambda *_: None)
                    answer = f"{signal.alarm(1)} {signal.setitimer(signal.ITIMER_REAL, 0.001)}"
                    time.sleep(0.1)
                else:
                    pid = os.fork()
                    if pid == 0:
                        if path == "/exit":
                            sys.exit(7)
                        if path == "/raise":
                            raise LookupError("the child's")
                        start_response("200 OK", [])
                        return [b"the child's answer"]
                    answer = wait(pid)
                start_response("200 OK", [("Content-Type", "text/plain")])
                return [answer.encode()]
            """));

        foreach (var (path, answer) in new[] { ("/log", "0"), ("/alarm", "0 (0.0, 0.0)"), ("/exit", "7"), ("/raise", "1"), ("/return", "0"), ("/log", "0") })
            Assert.Equal((path, answer), (path, await gateway.Client.TextAsync(tenant.Url(path))));
        Assert.Contains("hello from the child", gateway.Describe(), StringComparison.Ordinal);
    }
}
