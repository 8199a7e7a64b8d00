using System.Reflection;
using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.CPython;

/// <summary>
/// The C API of the interpreter in this process, one file per topic (the headers of CPython's <c>Include/</c>).
/// </summary>
/// <remarks>
/// Entry points are bound by name on their first call, to the library that <see cref="Bind"/> was given: which interpreter that
/// is, is known at run time only. Every function needs the GIL unless its topic says otherwise. <c>SuppressGCTransition</c> stands
/// on functions that neither block, nor run Python code, nor call back: without it a call costs about ten nanoseconds more.
/// Nothing outside this folder sees a pointer: <see cref="PyOwned"/>, <see cref="PyBorrowed"/> and <see cref="PyHandle"/> are what
/// the rest of the gateway works with.
/// </remarks>
internal static unsafe partial class CPythonApi
{
    private const string Library = "libpython";

    private static nint s_library;

    /// <summary>Directs all entry points to a loaded library. Called once, before anything else.</summary>
    public static void Bind(nint library)
    {
        s_library = library;
        NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), static (name, _, _) => name == Library ? s_library : 0);
        NoneObject = Export("_Py_NoneStruct");
        TrueObject = Export("_Py_TrueStruct");
        FalseObject = Export("_Py_FalseStruct");
        BytesType = Export("PyBytes_Type");
        UnicodeType = Export("PyUnicode_Type");
        ListType = Export("PyList_Type");
        TupleType = Export("PyTuple_Type");
    }

    public static nint NoneObject { get; private set; }
    public static nint TrueObject { get; private set; }
    public static nint FalseObject { get; private set; }
    public static nint BytesType { get; private set; }
    public static nint UnicodeType { get; private set; }
    public static nint ListType { get; private set; }
    public static nint TupleType { get; private set; }

    /// <summary>The address of an exported variable, say <c>PyExc_ValueError</c> (a <c>PyObject**</c>).</summary>
    public static nint Export(string name) => NativeLibrary.GetExport(s_library, name);
}
