using Python.Runtime;
using SnakeHost.Gateway.CPython;

namespace SnakeHost.Gateway.Runtime;

/// <summary>Python.NET (the package pythonnet) on the interpreter that the gateway has started.</summary>
internal static class DotNetBridge
{
    private const int Locked = 0;

    /// <summary>Makes the module <c>clr</c>. With the GIL, on the thread of the app that imports it first; Python's import lock lets one in at a time.</summary>
    public static void Attach(string? library)
    {
        if (PythonEngine.IsInitialized)
            return;
        global::Python.Runtime.Runtime.PythonDLL = library;
        // At its end Python.NET would save its types for a next start in this process, with a formatter that .NET has no more.
        RuntimeData.FormatterType = typeof(NoopFormatter);
        PythonEngine.Initialize(setSysArgv: false, initSigs: false);
        // It has taken the GIL a second time and leaves that to BeginAllowThreads, which would give up this thread's own hold too.
        CPythonApi.PyGILState_Release(Locked);
    }

    /// <summary>Ends it, if any app has imported it. On Python's main thread, with the GIL; no app runs any more.</summary>
    /// <remarks>Left to itself it would do this when the process exits, and wait for a GIL that is taken for good.</remarks>
    public static void Detach()
    {
        if (!PythonEngine.IsInitialized)
            return;
        using (Gil.Release())
        {
            PythonEngine.Shutdown();
        }
    }
}
