using System.Net;
using SnakeHost.Gateway.Launch;
using SnakeHost.Tests.Harness;
using SnakeHost.Tests.Runtime;

namespace SnakeHost.Tests.Isolation;

/// <summary>Crashes in C code, which .NET's own NullReferenceException looks like.</summary>
public sealed class FaultTests
{
    private const string Null =
        """
        import faulthandler
        faulthandler.enable()
        faulthandler.disable()
        faulthandler.enable(file=open("crash.txt", "w"))
        import clr
        from System import IntPtr
        from System.Runtime.InteropServices import Marshal

        def answer(path):
            try:
                return Marshal.ReadInt32(IntPtr.Zero)
            except Exception as e:
                return type(e).__name__
        """;

    private const string Crashes =
        """
        import ctypes

        def answer(path):
            return ctypes.string_at(0)
        """;

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task FaulthandlerTakesNoSignalFromDotNet_AndACrashShowsThePythonCode(string python)
    {
        await using var gateway = await SharedGateway.StartAsync(python, ("PYTHONFAULTHANDLER", "1"));
        if (DotNetImportTests.IsKnown(python))
        {
            var tenant = gateway.NewTenant("null", ("main.py", PythonApps.Answering(Null)));
            for (var i = 0; i < 2; i++)
            {
                Assert.Equal("AccessViolationException", await gateway.Client.TextAsync(tenant.Url("/")));
                using var alone = await gateway.ProcessAsync(tenant);
                Assert.Equal("AccessViolationException", await alone.TextAsync(HttpStatusCode.OK));
            }
        }

        var crashes = gateway.NewTenant("crashes", ("main.py", PythonApps.Answering(Crashes)));
        using var lost = await gateway.ProcessAsync(crashes);
        Assert.Equal(HttpStatusCode.BadGateway, lost.StatusCode);
        if (InterpreterProcess.CanContain(python))
            await gateway.Process.Output.WaitForAsync(line => line.Contains(Path.Join(crashes.Directory, "main.py"), StringComparison.Ordinal) && line.Contains("in answer", StringComparison.Ordinal), "the line of Python in which it crashed");
    }
}
