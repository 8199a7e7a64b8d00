using Python.Runtime;
using SnakeHost.Gateway.CPython;
using Py = SnakeHost.Gateway.CPython.Py;

namespace SnakeHost.Gateway.Runtime;

/// <summary>Python.NET (the package pythonnet) on the interpreter that the gateway has started.</summary>
internal static class DotNetBridge
{
    private const int Locked = 0;

    private static string? s_failure;

    /// <summary>Makes the module <c>clr</c>. With the GIL, on the thread of the app that imports it first; Python's import lock lets one in at a time.</summary>
    public static void Attach(string? library)
    {
        if (PythonEngine.IsInitialized)
            return;
        // It cannot be started a second time once it has failed half-way: the first reason is the one to tell.
        if (s_failure is null)
            Start(library);
        if (s_failure is not null)
            throw NativeError.Import($"clr is not available: Python.NET does not start on this Python. {s_failure}");
        // It has taken the GIL a second time and leaves that to BeginAllowThreads, which would give up this thread's own hold too.
        CPythonApi.PyGILState_Release(Locked);
        UseCollections();
    }

    /// <summary>Has Python.NET import what its collection types derive from, while no other app can be in it.</summary>
    /// <remarks>
    /// It imports that once, at the first use of such a type, while it holds its lock on all types. An import asks the tenants' <c>sys.modules</c>, which is Python code and
    /// may lose the GIL to another app, which then waits for that lock and keeps the GIL: both would wait for ever, and with them every app.
    /// </remarks>
    private static void UseCollections() => PyObject.FromManagedObject(new List<object>()).Dispose();

    private static void Start(string? library)
    {
        global::Python.Runtime.Runtime.PythonDLL = library;
        // At its end Python.NET would save its types for a next start in this process, with a formatter that .NET has no more.
        RuntimeData.FormatterType = typeof(NoopFormatter);
        try
        {
            PythonEngine.Initialize(setSysArgv: false, initSigs: false);
        }
        catch (Exception e)
        {
            // A version of Python that it does not know, for one. What it says of itself is not kept up to date (MinSupportedVersion).
            s_failure = e.Message;
            // The GIL that it took the second time, unless it failed before that: it leaves this mark right behind.
            if (CPythonApi.PySys_GetObject("__pythonnet_run__") != 0)
                CPythonApi.PyGILState_Release(Locked);
        }
    }

    /// <summary>Ends it, if any app has imported it. On Python's main thread, with the GIL; no app runs any more.</summary>
    /// <remarks>Left to itself it would do this when the process exits, and wait for a GIL that is taken for good.</remarks>
    public static void Detach()
    {
        if (!PythonEngine.IsInitialized)
            return;
        // It collects garbage up to forty times, in search of its own; what all apps have left would be gone through each time, for seconds.
        using (var collector = Py.Import("gc"))
        using (var freeze = collector.Attribute("freeze"))
            freeze.Call().Dispose();
        using (Gil.Release())
        {
            PythonEngine.Shutdown();
        }
    }
}
