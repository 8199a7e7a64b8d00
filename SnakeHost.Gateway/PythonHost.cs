using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Runtime;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway;

/// <summary>Starts the interpreter with the Python half of the gateway in it, and ends it.</summary>
internal static class PythonHost
{
    /// <summary>Where the build puts the files of <c>Runtime/</c>.</summary>
    private static readonly string s_folder = Path.Join(AppContext.BaseDirectory, "Runtime");

    /// <param name="options">Which interpreter.</param>
    /// <param name="output">Waits for what is told the output of apps; called when the interpreter runs, with the GIL.</param>
    /// <exception cref="PythonUnavailableException">No interpreter can be embedded.</exception>
    public static (PythonRuntime Interpreter, RuntimePackage Package) Start(PythonOptions options, Func<AppOutput> output)
    {
        RuntimePackage? package = null;
        var installation = PythonLocator.Locate(options);
        var interpreter = PythonRuntime.Start(installation, () =>
        {
            package = RuntimePackage.Install(s_folder, output);
            DotNetImport.Install(installation.Library);
        });
        return (interpreter, package!);
    }

    /// <summary>Runs the exit functions of the standard library and writes out what is buffered. Apps have run theirs before.</summary>
    public static void Finish()
    {
        // First: an exit function may hang, and the process has to be able to leave all the same.
        DotNetBridge.Detach();
        using var atexit = Py.Import("atexit");
        using var run = atexit.Attribute("_run_exitfuncs");
        run.Call().Dispose();
    }
}
