using SnakeHost.Gateway.Asgi;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Launch;
using SnakeHost.Gateway.Runtime;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Wsgi;

namespace SnakeHost.Gateway;

/// <summary>The interpreter of this process with the Python half of the gateway in it.</summary>
internal sealed class PythonHost
{
    /// <summary>Where the build puts the files of <c>snakehost/</c>.</summary>
    private static readonly string s_folder = Path.Join(AppContext.BaseDirectory, "snakehost");

    private PythonHost(PythonRuntime interpreter, RuntimePackage package, WsgiRuntime wsgi, Task<AsgiRuntime> asgi, bool isAlone) =>
        (Interpreter, Package, Wsgi, Asgi, IsAlone) = (interpreter, package, wsgi, asgi, isAlone);

    public PythonRuntime Interpreter { get; }

    public RuntimePackage Package { get; }

    public WsgiRuntime Wsgi { get; }

    /// <summary>Whether this process serves one app only: nothing that the app asks of the process concerns another.</summary>
    public bool IsAlone { get; }

    /// <summary>Comes while the gateway listens already, since it takes half the time: <c>asyncio</c> is large.</summary>
    public Task<AsgiRuntime> Asgi { get; }

    /// <param name="expected">Which interpreter it probably is; null when that is not known yet.</param>
    /// <param name="configured">Waits for which it is.</param>
    /// <param name="output">Waits for what is told the output of apps; called when the interpreter runs, with the GIL.</param>
    /// <param name="isAlone">Whether this process serves one app only.</param>
    /// <exception cref="PythonUnavailableException">No interpreter can be embedded.</exception>
    public static PythonHost Start(PythonOptions? expected, Func<PythonOptions> configured, Func<IAppOutput> output, bool isAlone = false)
    {
        RuntimePackage? package = null;
        WsgiRuntime? wsgi = null;
        var asgi = new TaskCompletionSource<AsgiRuntime>(TaskCreationOptions.RunContinuationsAsynchronously);
        // The interpreter of this process is there, whatever is configured: that is compared once it has started.
        var isProcess = InterpreterProcess.Description is not null;
        var installation = isProcess ? PythonLocator.OfProcess() : Locate(expected, configured);
        var interpreter = PythonRuntime.Start(
            installation,
            () =>
            {
                package = RuntimePackage.Install(s_folder, output, isAlone);
                wsgi = new WsgiRuntime();
                DotNetImport.Install(installation.Library);
            },
            () => Complete(wsgi!, asgi),
            wait => package!.Rest(wait));
        try
        {
            if (isProcess)
                PythonLocator.Locate(configured());
            return new PythonHost(interpreter, package!, wsgi!, asgi.Task, isAlone);
        }
        catch
        {
            interpreter.WaitUntilComplete();
            throw;
        }
    }

    private static void Complete(WsgiRuntime wsgi, TaskCompletionSource<AsgiRuntime> asgi)
    {
        try
        {
            wsgi.Complete();
            asgi.SetResult(new AsgiRuntime());
        }
        catch (Exception e)
        {
            asgi.SetException(e);
        }
    }

    private static PythonInstallation Locate(PythonOptions? expected, Func<PythonOptions> configured)
    {
        PythonInstallation? found = null;
        PythonUnavailableException? failure = null;
        try
        {
            if (expected is not null)
                found = PythonLocator.Locate(expected);
        }
        catch (PythonUnavailableException e)
        {
            // Told once it is known that this one is configured.
            failure = e;
        }

        var options = configured();
        if (options.Executable != expected?.Executable || options.Embedding != expected.Embedding)
            return PythonLocator.Locate(options);
        return found ?? throw failure!;
    }

    /// <summary>Ends child processes when <see cref="Finish"/> hangs. From any thread, without the GIL.</summary>
    public static void KillChildren()
    {
        using var gil = Gil.Acquire();
        using var children = Py.Import("snakehost.children");
        using var kill = children.Attribute("kill_all");
        kill.Call().Dispose();
    }

    /// <summary>Does what the interpreter would do at its end: exit functions, of the standard library mostly, since apps have run theirs before, and child processes.</summary>
    public static void Finish()
    {
        PythonThread.Close();
        // First: an exit function may hang, and the process has to be able to leave all the same.
        DotNetBridge.Detach();
        using var package = Py.Import("snakehost");
        using var finish = package.Attribute("finish");
        finish.Call().Dispose();
    }
}
