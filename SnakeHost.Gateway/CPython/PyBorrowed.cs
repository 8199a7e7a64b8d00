using System.Text;

namespace SnakeHost.Gateway.CPython;

/// <summary>
/// A reference that somebody else owns: valid as long as the owner lives and the GIL is held. Never stored; what must outlive the
/// call is taken with <see cref="Hold"/>.
/// </summary>
/// <remarks>It has the size of a pointer, so that a C array of arguments can be read as a span of these.</remarks>
internal readonly unsafe struct PyBorrowed
{
    internal PyBorrowed(nint pointer) => Pointer = pointer;

    internal nint Pointer { get; }

    public bool IsNone => Pointer == CPythonApi.NoneObject;

    public bool IsString => IsExactly(CPythonApi.UnicodeType);

    public bool IsBytes => IsExactly(CPythonApi.BytesType);

    public bool IsList => IsExactly(CPythonApi.ListType);

    public bool IsTuple => IsExactly(CPythonApi.TupleType);

    public static PyBorrowed None => new(CPythonApi.NoneObject);

    public static PyBorrowed Boolean(bool value) => new(value ? CPythonApi.TrueObject : CPythonApi.FalseObject);

    /// <summary>One more reference, to be disposed by the caller.</summary>
    public PyOwned Own()
    {
        CPythonApi.Py_IncRef(Pointer);
        return new PyOwned(Pointer);
    }

    /// <summary>One more reference, for a field of a .NET object.</summary>
    public PyHandle Hold() => new(Own());

    public PyOwned Attribute(string name) => PyOwned.Checked(CPythonApi.PyObject_GetAttrString(Pointer, name));

    public PyOwned Call(params ReadOnlySpan<PyBorrowed> arguments)
    {
        fixed (PyBorrowed* first = arguments)
            return PyOwned.Checked(CPythonApi.PyObject_VectorcallDict(Pointer, (nint*)first, (nuint)arguments.Length, 0));
    }

    public bool IsTrue() => CPythonApi.PyObject_IsTrue(Pointer) switch
    {
        < 0 => throw PythonException.Fetch(),
        var truth => truth == 1,
    };

    /// <exception cref="PythonException">Not an integer, or more than 64 bits.</exception>
    public long ToInt64()
    {
        var value = CPythonApi.PyLong_AsLongLong(Pointer);
        return value == -1 && CPythonApi.PyErr_Occurred() != 0 ? throw PythonException.Fetch() : value;
    }

    /// <summary>The memory of a <c>bytes</c> object (check <see cref="IsBytes"/> first), valid as long as the object.</summary>
    public ReadOnlySpan<byte> AsBytes() => new(CPythonApi.PyBytes_AsString(Pointer), checked((int)CPythonApi.PyBytes_Size(Pointer)));

    /// <summary>A <c>str</c> in UTF-8, valid as long as the object.</summary>
    /// <exception cref="PythonException">Not a string, or one with a lone surrogate.</exception>
    public ReadOnlySpan<byte> AsUtf8()
    {
        nint length;
        var text = CPythonApi.PyUnicode_AsUTF8AndSize(Pointer, &length);
        return text is null ? throw PythonException.Fetch() : new(text, checked((int)length));
    }

    /// <inheritdoc cref="AsUtf8"/>
    public override string ToString() => Encoding.UTF8.GetString(AsUtf8());

    /// <summary>Null for None.</summary>
    public string? ToStringOrNull() => IsNone ? null : ToString();

    /// <summary>A tuple's item; the index is the caller's responsibility.</summary>
    public PyBorrowed TupleItem(int index) => new(CPythonApi.PyTuple_GetItem(Pointer, index));

    public int TupleLength => checked((int)CPythonApi.PyTuple_Size(Pointer));

    /// <summary>A list's item; the index is the caller's responsibility.</summary>
    public PyBorrowed ListItem(int index) => new(CPythonApi.PyList_GetItem(Pointer, index));

    public int ListLength => checked((int)CPythonApi.PyList_Size(Pointer));

    private bool IsExactly(nint type)
    {
        // ob_type is the second word of every object in a build with a GIL; asking PyObject_Type costs a reference count.
        return ((nint*)Pointer)[1] == type;
    }
}
