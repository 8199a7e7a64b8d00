using SnakeHost.Gateway.CPython;

namespace SnakeHost.Gateway.Runtime;

/// <summary><c>import clr</c> where the feed lacks the package pythonnet.</summary>
internal static class DotNetBridge
{
    public static void Attach(string? library) => throw NativeError.Import(
        "clr is not available: this SnakeHost was built from a package feed without pythonnet. Build it with a feed that has the package, or with -p:UsePythonNet=true to see why it is not found.");

    public static void Detach()
    {
    }
}
