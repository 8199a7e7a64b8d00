using SnakeHost.Gateway.CPython;

namespace SnakeHost.Gateway.Runtime;

/// <summary>What an app's <c>import clr</c> reaches.</summary>
internal static class DotNetImport
{
    /// <summary>On Python's main thread, with the GIL, once the package <c>snakehost</c> is installed.</summary>
    /// <param name="library">The interpreter's shared library; null when the process is the interpreter's.</param>
    public static void Install(string? library)
    {
        using var module = Py.Import("snakehost.dotnet");
        using var install = module.Attribute("install");
        // Never disposed: apps may ask at any time.
        var attach = new NativeFunction("attach", _ =>
        {
            DotNetBridge.Attach(library);
            return PyBorrowed.None.Own();
        });
        install.Call(attach).Dispose();
    }
}
