using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace SnakeHost.Gateway.CPython;

/// <summary>
/// A thread that runs Python for its whole life: it has one thread state, made on entry and destroyed on exit, and takes the GIL
/// once per batch of work by <see cref="Attach"/>.
/// </summary>
/// <remarks>
/// The stack is 16 MiB: an app that recurses without end must meet <c>RecursionError</c> before the end of the stack, which would
/// take the whole process with it. Memory is committed only as it is touched.
/// </remarks>
internal sealed class PythonThread
{
    public const int StackSize = 16 * 1024 * 1024;

    private static readonly ConcurrentDictionary<PythonThread, byte> s_running = new();

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500);

    private readonly Thread _thread;
    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private nint _state;
    private nuint _identifier;
    private bool _isInterrupted;
    private bool _isAttached;

    /// <summary>From before it asks for the GIL until it has given it back.</summary>
    private bool _isComing;

    private static bool s_isClosed;

    [ThreadStatic]
    private static PythonThread? s_current;

    private PythonThread(string name, Action<PythonThread> body)
    {
        Name = name;
        _thread = new Thread(() => Run(body), StackSize) { IsBackground = true, Name = name };
    }

    public string Name { get; }

    /// <summary>What it does for an app: the request that it answers. Set by the thread itself, with the GIL held.</summary>
    public object? Work { get; set; }

    /// <summary>Whether it has an app's requests to answer: not while it still loads the app.</summary>
    public bool IsServing { get; set; }

    /// <summary>Until then <see cref="ProcessorAffinity"/> leaves it alone; of <see cref="Environment.TickCount64"/>.</summary>
    internal long LetGoUntil
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>By which Python knows it.</summary>
    internal nuint Identifier => _identifier;

    /// <summary>The kernel's number of it.</summary>
    internal nuint NativeId { get; private set; }

    /// <summary>The Python function that is the lowest frame of each thread, <c>serve(work)</c>. Set when the interpreter is prepared, before any thread is started.</summary>
    public static PyHandle? Bottom { get; set; }

    /// <summary>Completes when the body has returned and the thread state is gone.</summary>
    public Task Exited => _exited.Task;

    /// <summary>Starts a thread. Its body runs without the GIL.</summary>
    public static PythonThread Start(string name, Action<PythonThread> body)
    {
        var thread = new PythonThread(name, body);
        // Unsafe: the thread outlives the load that starts it, and must not carry that load's trace into every request.
        thread._thread.UnsafeStart();
        return thread;
    }

    /// <summary>Runs something on a thread of its own, which runs Python. Whatever goes wrong, at the thread's start too, is the task's: the process goes on.</summary>
    public static Task<T> RunAsync<T>(string name, Func<PythonThread, T> body)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            Start(name, thread =>
            {
                try
                {
                    result.TrySetResult(body(thread));
                }
                catch (Exception e)
                {
                    result.TrySetException(e);
                }
            });
        }
        catch (Exception e)
        {
            result.TrySetException(e);
        }

        return result.Task;
    }

    /// <summary>Those that are inside of an <see cref="Attach"/>, with the GIL or without it for now.</summary>
    internal static IEnumerable<PythonThread> InPython() => s_running.Keys.Where(thread => Volatile.Read(ref thread._isAttached));

    /// <summary>The one that runs this; null on any other thread.</summary>
    internal static PythonThread? Current => s_current;

    /// <summary>Those that answer requests.</summary>
    internal static IEnumerable<PythonThread> Serving() => s_running.Keys.Where(static thread => thread.IsServing);

    /// <summary>Takes the GIL on this thread until the scope ends. Not reentrant.</summary>
    public Attached Attach()
    {
        Come();
        CPythonApi.PyEval_RestoreThread(_state);
        _isAttached = true;
        return new Attached(this);
    }

    /// <summary>
    /// From here on none of these threads takes the GIL. Waits for those that have it, or are about to: not for long, since an app's may be stuck. The caller holds the GIL, and no app is to
    /// run any more.
    /// </summary>
    /// <remarks>What shuts an extension down may give up the GIL in a state in which another thread ends the process: Python.NET does, and has .NET run finalizers meanwhile, which lead here.</remarks>
    public static void Close()
    {
        Volatile.Write(ref s_isClosed, true);
        // So that each of the others has seen that, or has said before that it is coming.
        Interlocked.MemoryBarrierProcessWide();
        var started = Stopwatch.GetTimestamp();
        while (s_running.Keys.Any(static thread => Volatile.Read(ref thread._isComing)) && Stopwatch.GetElapsedTime(started) < s_patience)
        {
            using (Gil.Release())
                Thread.Sleep(1);
        }
    }

    /// <summary>Says that it takes the GIL next; does not return where none may.</summary>
    private void Come()
    {
        Volatile.Write(ref _isComing, true);
        if (!Volatile.Read(ref s_isClosed))
            return;
        Volatile.Write(ref _isComing, false);
        Thread.Sleep(Timeout.Infinite); // the process ends
    }

    /// <summary>Whether the GIL could be taken in that time. Without it, and it is given back.</summary>
    public bool CanAttachWithin(TimeSpan time)
    {
        var started = Stopwatch.GetTimestamp();
        using (Attach())
            return Stopwatch.GetElapsedTime(started) <= time;
    }

    /// <summary>Whether an app's code runs that may be interrupted. Set by the thread itself, with the GIL held.</summary>
    public bool IsInterruptible { get; set; }

    /// <summary>
    /// Asks Python to raise an exception class in this thread at its next bytecode, if it <see cref="IsInterruptible"/>. A thread that
    /// waits outside the interpreter notices when it comes back. The caller holds the GIL, so that the two cannot overlap.
    /// </summary>
    public void Interrupt(PyBorrowed exceptionClass)
    {
        if (!IsInterruptible)
            return;
        _isInterrupted = true;
        _ = CPythonApi.PyThreadState_SetAsyncExc(_identifier, exceptionClass.Pointer);
    }

    /// <summary>
    /// From here on the thread is not interrupted; an exception that was asked for and has not been raised yet is raised here, to no
    /// effect. On the thread itself, with the GIL held.
    /// </summary>
    /// <remarks>
    /// Not taken back by PyThreadState_SetAsyncExc with null: up to 3.12 that too tells all threads that there is something to raise, and as
    /// nobody has anything, they look for it at every call of a function from then on. Under a profiler, 3.11 does not get on at all.
    /// </remarks>
    public void EndInterruptible()
    {
        IsInterruptible = false;
        if (!_isInterrupted)
            return;
        _isInterrupted = false;
        try
        {
            // Any function that is written in Python.
            using var os = Py.Import("os");
            using var function = os.Attribute("fsencode");
            using var argument = Py.String("");
            function.Call(argument).Dispose();
        }
        catch (PythonException)
        {
            // That was it.
        }
    }

    private void Run(Action<PythonThread> body)
    {
        s_current = this;
        s_running.TryAdd(this, 0);
        Come();
        var state = CPythonApi.PyGILState_Ensure();
        _identifier = CPythonApi.PyThread_get_thread_ident();
        NativeId = CPythonApi.PyThread_get_thread_native_id();
        try
        {
            RunAboveFrame(body);
        }
        finally
        {
            DeferredDecRefs.Release();
            ForgetObject();
            CPythonApi.PyGILState_Release(state);
            s_running.TryRemove(this, out _);
            _exited.SetResult();
        }
    }

    /// <summary>With the GIL, which the body is without.</summary>
    private void RunAboveFrame(Action<PythonThread> body)
    {
        ExceptionDispatchInfo? failure = null;
        using var work = new NativeFunction("work", _ =>
        {
            _state = CPythonApi.PyEval_SaveThread();
            Volatile.Write(ref _isComing, false);
            try
            {
                body(this);
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }

            Come(); // for good
            CPythonApi.PyEval_RestoreThread(_state);
            return PyBorrowed.None.Own();
        });
        try
        {
            Bottom!.Value.Call(work).Dispose();
        }
        catch (PythonException)
        {
            // One that was asked for, too late for anything.
        }

        failure?.Throw();
    }

    /// <summary>
    /// Up to 3.12, what <c>threading.current_thread()</c> has made for this thread stays for good, under an id that the system gives to another thread:
    /// with all that an app has left on it, for another app to find. Later, what removes it is Python code that runs while the thread's state is cleared; a debugger that
    /// sees it there makes another one, and keeps it in a place that the next thread gets. So it runs before.
    /// </summary>
    private void ForgetObject()
    {
        try
        {
            using var threading = Py.Import("threading");
            using var active = threading.Attribute("_active");
            using var pop = active.Attribute("pop");
            using var identifier = Py.Int((long)_identifier);
            using var none = PyBorrowed.None.Own();
            pop.Call(identifier, none).Dispose();
            // Asked for where it may be missing: an exception here, in the last moment of a thread, has ended processes in which apps use .NET.
            using var content = threading.Attribute("__dict__");
            using var get = content.Attribute("get");
            using var name = Py.String("_thread_local_info");
            using var own = get.Call(name);
            if (own.IsNone)
                return;
            using var left = own.Attribute("__dict__");
            using var clear = left.Attribute("clear");
            clear.Call().Dispose();
        }
        catch (PythonException)
        {
            // An app has put something else in its place.
        }
    }

    /// <summary>The scope of <see cref="PythonThread.Attach"/>.</summary>
    public readonly ref struct Attached(PythonThread thread) : IDisposable
    {
        public void Dispose()
        {
            thread._isAttached = false;
            thread._state = CPythonApi.PyEval_SaveThread();
            Volatile.Write(ref thread._isComing, false);
        }
    }
}
