using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.CPython;

/// <summary>Objects and calls (<c>object.h</c>, <c>abstract.h</c>, <c>import.h</c>, <c>methodobject.h</c>, <c>sysmodule.h</c>).</summary>
internal static unsafe partial class CPythonApi
{
    [LibraryImport(Library), SuppressGCTransition]
    public static partial void Py_IncRef(nint o);

    // May run a destructor, thus any Python code: no SuppressGCTransition.
    [LibraryImport(Library)]
    public static partial void Py_DecRef(nint o);

    // Not PyObject_Vectorcall, which is an inline function of the headers in 3.10; without keywords both do the same.
    [LibraryImport(Library)]
    public static partial nint PyObject_VectorcallDict(nint callable, nint* arguments, nuint count, nint keywords);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint PyObject_GetAttrString(nint o, string name);

    [LibraryImport(Library)]
    public static partial int PyObject_IsTrue(nint o);

    [LibraryImport(Library)]
    public static partial nint PyObject_Str(nint o);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial nint PyObject_Type(nint o);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint PyImport_ImportModule(string name);

    /// <summary>Borrowed; null when there is none.</summary>
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint PySys_GetObject(string name);

    [LibraryImport(Library)]
    public static partial nint PyCFunction_NewEx(void* definition, nint self, nint module);
}
