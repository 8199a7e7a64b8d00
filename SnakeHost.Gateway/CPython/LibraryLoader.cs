using System.Runtime.InteropServices;
using SnakeHost.Gateway.Interop;

namespace SnakeHost.Gateway.CPython;

/// <summary>Loads the interpreter's shared library.</summary>
internal static class LibraryLoader
{
    private const int Now = 2, Global = 0x100; // RTLD_NOW, RTLD_GLOBAL of <dlfcn.h>

    /// <summary>
    /// Loads a library with its symbols visible to those loaded later: extension modules (numpy, say) leave the symbols of libpython
    /// undefined and find them only so. <see cref="NativeLibrary.Load(string)"/> cannot do that.
    /// </summary>
    /// <exception cref="PythonUnavailableException">The loader refused; the message has its reason.</exception>
    public static nint LoadGlobally(string path)
    {
        var handle = LibC.DlOpen(path, Now | Global);
        return handle != 0
            ? handle
            : throw new PythonUnavailableException($"The shared library of Python cannot be loaded: {Marshal.PtrToStringUTF8(LibC.DlError())}.");
    }
}
