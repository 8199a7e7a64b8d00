using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.CPython;

/// <summary>Threads and the GIL (<c>pystate.h</c>, <c>ceval.h</c>).</summary>
internal static partial class CPythonApi
{
    [LibraryImport(Library)]
    public static partial int PyGILState_Ensure();

    [LibraryImport(Library)]
    public static partial void PyGILState_Release(int state);

    [LibraryImport(Library)]
    public static partial nint PyEval_SaveThread();

    [LibraryImport(Library)]
    public static partial void PyEval_RestoreThread(nint state);

    [LibraryImport(Library)]
    public static partial int PyThreadState_SetAsyncExc(nuint thread, nint exception);

    /// <summary>The identifier that <c>threading.get_ident()</c> gives on this thread. Needs no GIL.</summary>
    [LibraryImport(Library)]
    public static partial nuint PyThread_get_thread_ident();

    /// <summary>The thread's number in <c>/proc/self/task</c>. Needs no GIL.</summary>
    [LibraryImport(Library)]
    public static partial nuint PyThread_get_thread_native_id();
}
