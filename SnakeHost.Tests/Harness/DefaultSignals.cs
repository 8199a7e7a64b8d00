using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SnakeHost.Tests.Harness;

/// <summary>What a script runs in the background ignores SIGINT, and what nohup runs SIGHUP, and so would all that they start: gateways are to hear both.</summary>
internal static class DefaultSignals
{
    private const int HangUp = 1, Interrupt = 2, DefaultHandler = 0;

    [ModuleInitializer]
    internal static void Restore()
    {
        foreach (var signal in new[] { HangUp, Interrupt })
        {
            if (ProcFiles.Ignores(Environment.ProcessId, signal))
                _ = Handle(signal, DefaultHandler);
        }
    }

    [DllImport("libc", EntryPoint = "signal")]
    private static extern nint Handle(int signal, nint handler);
}
