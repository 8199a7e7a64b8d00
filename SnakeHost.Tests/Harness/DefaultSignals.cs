using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SnakeHost.Tests.Harness;

/// <summary>What a script runs in the background ignores SIGINT, and so would all that it starts: gateways are to be interrupted.</summary>
internal static class DefaultSignals
{
    private const int Interrupt = 2, DefaultHandler = 0;

    [ModuleInitializer]
    internal static void Restore()
    {
        if (ProcFiles.Ignores(Environment.ProcessId, Interrupt))
            _ = Handle(Interrupt, DefaultHandler);
    }

    [DllImport("libc", EntryPoint = "signal")]
    private static extern nint Handle(int signal, nint handler);
}
