using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.CPython;

/// <summary>Loads the interpreter's shared library.</summary>
internal static partial class LibraryLoader
{
    private const int Now = 2;

    // The value of RTLD_GLOBAL in <dlfcn.h>.
    private static readonly int s_global = OperatingSystem.IsMacOS() ? 0x8 : 0x100;

    /// <summary>
    /// Loads a library with its symbols visible to those loaded later: extension modules (numpy, say) leave the symbols of libpython
    /// undefined and find them only so. <see cref="NativeLibrary.Load(string)"/> cannot do that.
    /// </summary>
    /// <exception cref="PythonUnavailableException">The loader refused; the message has its reason.</exception>
    public static nint LoadGlobally(string path)
    {
        if (OperatingSystem.IsWindows())
            return NativeLibrary.Load(path);
        var handle = DlOpen(path, Now | s_global);
        return handle != 0
            ? handle
            : throw new PythonUnavailableException($"The shared library of Python cannot be loaded: {Marshal.PtrToStringUTF8(DlError())}.");
    }

    [LibraryImport("libc", EntryPoint = "dlopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint DlOpen(string path, int flags);

    [LibraryImport("libc", EntryPoint = "dlerror")]
    private static partial nint DlError();
}
