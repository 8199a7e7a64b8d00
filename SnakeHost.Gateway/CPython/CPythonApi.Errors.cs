using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.CPython;

/// <summary>Exceptions (<c>pyerrors.h</c>).</summary>
/// <remarks>
/// <c>PyErr_Fetch</c> and its kin are deprecated since 3.12 in favour of <c>PyErr_GetRaisedException</c>, which 3.10 and 3.11 lack;
/// they are in every version that the gateway accepts.
/// </remarks>
internal static unsafe partial class CPythonApi
{
    [LibraryImport(Library), SuppressGCTransition]
    public static partial nint PyErr_Occurred();

    [LibraryImport(Library)]
    public static partial void PyErr_Clear();

    [LibraryImport(Library)]
    public static partial void PyErr_Fetch(nint* type, nint* value, nint* traceback);

    [LibraryImport(Library)]
    public static partial void PyErr_NormalizeException(nint* type, nint* value, nint* traceback);

    /// <summary>Steals all three.</summary>
    [LibraryImport(Library)]
    public static partial void PyErr_Restore(nint type, nint value, nint traceback);

    [LibraryImport(Library)]
    public static partial int PyException_SetTraceback(nint exception, nint traceback);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void PyErr_SetString(nint type, string message);
}
