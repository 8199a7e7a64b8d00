namespace SnakeHost.Gateway.CPython;

/// <summary>The GIL for the length of a scope, on any thread: <c>using (Gil.Acquire())</c>.</summary>
/// <remarks>
/// For the rare calls from a .NET thread (start, admin, disposal). Threads that serve requests are <see cref="PythonThread"/>s: they
/// keep their thread state, and the thread pool must never wait here. No <c>await</c> inside: the state belongs to the thread.
/// </remarks>
internal readonly ref struct Gil : IDisposable
{
    private readonly int _state;

    private Gil(int state) => _state = state;

    public static Gil Acquire()
    {
        var gil = new Gil(CPythonApi.PyGILState_Ensure());
        DeferredDecRefs.Release();
        return gil;
    }

    public void Dispose() => CPythonApi.PyGILState_Release(_state);

    /// <summary>
    /// Lets other Python threads run while this one, which holds the GIL, waits: <c>using (Gil.Release())</c>. No Python object may
    /// be touched inside.
    /// </summary>
    public static Released Release() => new(CPythonApi.PyEval_SaveThread());

    /// <summary>The scope of <see cref="Release"/>.</summary>
    public readonly ref struct Released : IDisposable
    {
        private readonly nint _thread;

        internal Released(nint thread) => _thread = thread;

        public void Dispose() => CPythonApi.PyEval_RestoreThread(_thread);
    }
}
