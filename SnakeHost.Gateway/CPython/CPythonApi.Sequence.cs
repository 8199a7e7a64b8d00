using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.CPython;

/// <summary>Tuples, lists and dicts (<c>tupleobject.h</c>, <c>listobject.h</c>, <c>dictobject.h</c>).</summary>
/// <remarks>Allocating a container may start a garbage collection, thus run finalisers: no SuppressGCTransition on those.</remarks>
internal static partial class CPythonApi
{
    [LibraryImport(Library)]
    public static partial nint PyTuple_New(nint length);

    /// <summary>Steals <paramref name="item"/>.</summary>
    [LibraryImport(Library), SuppressGCTransition]
    public static partial int PyTuple_SetItem(nint tuple, nint index, nint item);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial nint PyTuple_GetItem(nint tuple, nint index);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial nint PyTuple_Size(nint tuple);

    [LibraryImport(Library)]
    public static partial nint PyList_New(nint length);

    [LibraryImport(Library)]
    public static partial int PyList_Append(nint list, nint item);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial nint PyList_GetItem(nint list, nint index);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial nint PyList_Size(nint list);

    [LibraryImport(Library)]
    public static partial nint PyDict_New();

    [LibraryImport(Library)]
    public static partial nint PyDict_Copy(nint dict);

    [LibraryImport(Library)]
    public static partial int PyDict_SetItem(nint dict, nint key, nint value);
}
