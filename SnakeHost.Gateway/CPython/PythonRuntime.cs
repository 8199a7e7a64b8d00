using System.Runtime.InteropServices;
using SnakeHost.Gateway.Launch;

namespace SnakeHost.Gateway.CPython;

/// <summary>The interpreter of this process: started once, never restarted.</summary>
/// <remarks>
/// Python's main thread is a thread of its own, or the process's where that is the interpreter's, so that <c>threading.main_thread()</c> is
/// alive as long as the process. The interpreter is not
/// finalised at the end: other threads of apps may still be inside the interpreter, and finalising under them crashes. Instead
/// <see cref="Stop"/> takes the GIL for good, so that none of them runs while the process leaves.
/// </remarks>
internal sealed class PythonRuntime
{
    private static readonly TimeSpan s_completionPatience = TimeSpan.FromSeconds(30);

    private static int s_started;
    private static Task? s_stopped;

    private readonly TaskCompletionSource _stop = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Action _finish = static () => { };

    private PythonRuntime(PythonInstallation installation) => Installation = installation;

    public PythonInstallation Installation { get; }

    /// <summary>Whether <see cref="Stop"/> was called and what it runs has not returned: Python still runs.</summary>
    public static bool IsStopping => Volatile.Read(ref s_stopped) is { IsCompleted: false };

    /// <summary>
    /// Waits, though not for ever, until its main thread has done what was left to do after its start. The process should not leave before: in the midst of an
    /// import that can crash.
    /// </summary>
    public void WaitUntilComplete() => _completed.Task.Wait(s_completionPatience);

    /// <summary>Loads and initialises the interpreter, then runs <paramref name="prepare"/> on its main thread, with the GIL, and returns while that runs <paramref name="complete"/>.</summary>
    /// <param name="prepare">What has to be done before anything else can be.</param>
    /// <param name="complete">What may be done after that.</param>
    /// <param name="rest">Runs on the main thread then, with the GIL, calling the Python function it is given, <c>wait(milliseconds) -> bool</c>, until that is true.</param>
    /// <exception cref="PythonUnavailableException">The library cannot be loaded or the interpreter refuses to start.</exception>
    /// <exception cref="PythonException">Raised by <paramref name="prepare"/>.</exception>
    public static PythonRuntime Start(PythonInstallation installation, Action prepare, Action complete, Action<NativeFunction> rest)
    {
        if (Interlocked.Exchange(ref s_started, 1) != 0)
            throw new InvalidOperationException("The interpreter of this process has been started already.");

        var runtime = new PythonRuntime(installation);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (installation.Library is null)
            MainThread.Post(() => runtime.RunMainThread(prepare, complete, rest, ready));
        else
            new Thread(() => runtime.RunMainThread(prepare, complete, rest, ready), PythonThread.StackSize) { IsBackground = true, Name = "python-main" }.Start();
        ready.Task.GetAwaiter().GetResult();
        return runtime;
    }

    /// <summary>
    /// Runs <paramref name="finish"/> on the main thread and leaves the GIL taken: no Python code runs after this. The caller has
    /// ended the apps; the process is to exit next.
    /// </summary>
    public Task Stop(Action finish)
    {
        _finish = finish;
        Volatile.Write(ref s_stopped, _stopped.Task);
        _stop.TrySetResult();
        return _stopped.Task;
    }

    /// <summary>With the GIL from here on.</summary>
    private void Begin()
    {
        if (Installation.Library is { } library)
        {
            CPythonApi.Bind(LibraryLoader.LoadGlobally(library));
            Initialization.Run(Installation);
        }
        else
        {
            // Its thread state is there already: launch.py has given the GIL up for as long as it is in here.
            CPythonApi.Bind(NativeLibrary.GetMainProgramHandle());
            _ = CPythonApi.PyGILState_Ensure();
        }
    }

    private void RunMainThread(Action prepare, Action complete, Action<NativeFunction> rest, TaskCompletionSource ready)
    {
        try
        {
            Begin();
            prepare();
            ready.SetResult();
        }
        catch (Exception e)
        {
            ready.SetException(e);
            return;
        }

        complete();
        try
        {
            using (var wait = new NativeFunction("wait", Wait))
                rest(wait);
            _finish();
            _stopped.SetResult();
        }
        catch (Exception e)
        {
            _stopped.SetException(e);
        }

        // The thread must not end: that would run Python's thread-local destructors. It waits for itself, that is, for the exit.
        Thread.CurrentThread.Join();
    }

    /// <summary><c>wait(milliseconds) -> bool</c>: true when the gateway ends.</summary>
    private PyOwned Wait(ReadOnlySpan<PyBorrowed> arguments)
    {
        var milliseconds = (int)arguments[0].ToInt64();
        bool isEnding;
        using (Gil.Release())
        {
            _completed.TrySetResult();
            isEnding = _stop.Task.Wait(milliseconds);
        }

        return PyBorrowed.Boolean(isEnding).Own();
    }
}
