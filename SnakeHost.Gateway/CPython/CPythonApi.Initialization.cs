using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.CPython;

/// <summary>Initialisation (<c>cpython/initconfig.h</c>; PEP 587, and PEP 741 from 3.14 on). Called without the GIL.</summary>
internal static unsafe partial class CPythonApi
{
    [StructLayout(LayoutKind.Sequential)]
    public struct PyStatus
    {
        public int Type;
        public byte* Function;
        public byte* Message;
        public int ExitCode;
    }

    [LibraryImport(Library)]
    public static partial void PyConfig_InitPythonConfig(void* config);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial PyStatus PyConfig_SetBytesString(void* config, void* field, string value);

    [LibraryImport(Library)]
    public static partial void PyConfig_Clear(void* config);

    [LibraryImport(Library)]
    public static partial PyStatus Py_InitializeFromConfig(void* config);

    [LibraryImport(Library)]
    public static partial nint PyInitConfig_Create();

    [LibraryImport(Library)]
    public static partial void PyInitConfig_Free(nint config);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int PyInitConfig_SetInt(nint config, string name, long value);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int PyInitConfig_SetStr(nint config, string name, string value);

    [LibraryImport(Library)]
    public static partial int PyInitConfig_GetError(nint config, byte** message);

    [LibraryImport(Library)]
    public static partial int Py_InitializeFromInitConfig(nint config);
}
