using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.CPython;

/// <summary>Strings, bytes and integers (<c>unicodeobject.h</c>, <c>bytesobject.h</c>, <c>longobject.h</c>).</summary>
internal static unsafe partial class CPythonApi
{
    [LibraryImport(Library), SuppressGCTransition]
    public static partial nint PyUnicode_DecodeLatin1(byte* text, nint length, byte* errors);

    [LibraryImport(Library)]
    public static partial nint PyUnicode_DecodeUTF8(byte* text, nint length, byte* errors);

    [LibraryImport(Library)]
    public static partial void PyUnicode_InternInPlace(nint* text);

    /// <summary>Null, with an error set, when the string holds a lone surrogate.</summary>
    [LibraryImport(Library)]
    public static partial byte* PyUnicode_AsUTF8AndSize(nint text, nint* length);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial nint PyBytes_FromStringAndSize(byte* data, nint length);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial byte* PyBytes_AsString(nint bytes);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial nint PyBytes_Size(nint bytes);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial nint PyLong_FromLongLong(long value);

    // An object that is no int is asked for __index__, which is Python code: no SuppressGCTransition.
    [LibraryImport(Library)]
    public static partial long PyLong_AsLongLong(nint value);
}
