using System.Buffers;
using System.Text;

namespace SnakeHost.Gateway.CPython;

/// <summary>Makes Python objects. Every method needs the GIL and gives a new reference.</summary>
internal static unsafe class Py
{
    private const int StackLimit = 512;

    /// <summary>A <c>str</c> of any .NET string; a lone surrogate becomes U+FFFD.</summary>
    public static PyOwned String(string text)
    {
        var length = Encoding.UTF8.GetMaxByteCount(text.Length);
        var rented = length > StackLimit ? ArrayPool<byte>.Shared.Rent(length) : null;
        var buffer = rented ?? stackalloc byte[StackLimit];
        try
        {
            length = Encoding.UTF8.GetBytes(text, buffer);
            fixed (byte* first = buffer)
                return PyOwned.Checked(CPythonApi.PyUnicode_DecodeUTF8(first, length, null));
        }
        finally
        {
            if (rented is not null)
                ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>An interned <c>str</c>: a dict look-up with it compares addresses.</summary>
    public static PyOwned Interned(string text)
    {
        var pointer = String(text).Pointer;
        CPythonApi.PyUnicode_InternInPlace(&pointer);
        return new PyOwned(pointer);
    }

    /// <summary>A <c>str</c> whose code points are the given bytes: the "native string" of PEP 3333.</summary>
    public static PyOwned Latin1(scoped ReadOnlySpan<byte> text)
    {
        fixed (byte* first = text)
            return PyOwned.Checked(CPythonApi.PyUnicode_DecodeLatin1(first, text.Length, null));
    }

    /// <summary>A <c>str</c> of characters that are all below U+0100, as Kestrel hands out what it read as Latin-1.</summary>
    public static PyOwned Latin1(scoped ReadOnlySpan<char> text)
    {
        var rented = text.Length > StackLimit ? ArrayPool<byte>.Shared.Rent(text.Length) : null;
        var buffer = rented ?? stackalloc byte[StackLimit];
        var length = Encoding.Latin1.GetBytes(text, buffer);
        var result = Latin1(buffer[..length]);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return result;
    }

    public static PyOwned Bytes(scoped ReadOnlySpan<byte> data)
    {
        fixed (byte* first = data)
            return PyOwned.Checked(CPythonApi.PyBytes_FromStringAndSize(first, data.Length));
    }

    /// <summary>The <c>bytes</c> of characters that are all below U+0100.</summary>
    public static PyOwned Bytes(scoped ReadOnlySpan<char> text)
    {
        var rented = text.Length > StackLimit ? ArrayPool<byte>.Shared.Rent(text.Length) : null;
        var buffer = rented ?? stackalloc byte[StackLimit];
        var length = Encoding.Latin1.GetBytes(text, buffer);
        var result = Bytes(buffer[..length]);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return result;
    }

    /// <summary>The <c>bytes</c> of a sequence that may lie in several segments.</summary>
    public static PyOwned Bytes(scoped in ReadOnlySequence<byte> data)
    {
        if (data.IsSingleSegment)
            return Bytes(data.FirstSpan);
        var result = PyOwned.Checked(CPythonApi.PyBytes_FromStringAndSize(null, checked((nint)data.Length)));
        data.CopyTo(new Span<byte>(CPythonApi.PyBytes_AsString(result.Pointer), checked((int)data.Length)));
        return result;
    }

    public static PyOwned Int(long value) => PyOwned.Checked(CPythonApi.PyLong_FromLongLong(value));

    public static PyOwned Dict() => PyOwned.Checked(CPythonApi.PyDict_New());

    /// <summary>A shallow copy of a dict.</summary>
    public static PyOwned Copy(PyBorrowed dict) => PyOwned.Checked(CPythonApi.PyDict_Copy(dict.Pointer));

    public static void Set(PyBorrowed dict, PyBorrowed key, PyBorrowed value)
    {
        if (CPythonApi.PyDict_SetItem(dict.Pointer, key.Pointer, value.Pointer) != 0)
            throw PythonException.Fetch();
    }

    /// <summary>Sets an item and takes the value over.</summary>
    public static void SetNew(PyBorrowed dict, PyBorrowed key, PyOwned value)
    {
        using (value)
            Set(dict, key, value.Borrow());
    }

    public static PyOwned List() => PyOwned.Checked(CPythonApi.PyList_New(0));

    /// <summary>Appends an item and takes it over.</summary>
    public static void AppendNew(PyBorrowed list, PyOwned item)
    {
        using (item)
        {
            if (CPythonApi.PyList_Append(list.Pointer, item.Pointer) != 0)
                throw PythonException.Fetch();
        }
    }

    /// <summary>A tuple that takes its items over.</summary>
    public static PyOwned Tuple(PyOwned first, PyOwned second)
    {
        var tuple = PyOwned.Checked(CPythonApi.PyTuple_New(2));
        _ = CPythonApi.PyTuple_SetItem(tuple.Pointer, 0, first.Pointer);
        _ = CPythonApi.PyTuple_SetItem(tuple.Pointer, 1, second.Pointer);
        return tuple;
    }

    /// <inheritdoc cref="Tuple(PyOwned, PyOwned)"/>
    public static PyOwned Tuple(PyOwned first, PyOwned second, PyOwned third)
    {
        var tuple = PyOwned.Checked(CPythonApi.PyTuple_New(3));
        _ = CPythonApi.PyTuple_SetItem(tuple.Pointer, 0, first.Pointer);
        _ = CPythonApi.PyTuple_SetItem(tuple.Pointer, 1, second.Pointer);
        _ = CPythonApi.PyTuple_SetItem(tuple.Pointer, 2, third.Pointer);
        return tuple;
    }

    public static PyOwned Import(string module) => PyOwned.Checked(CPythonApi.PyImport_ImportModule(module));
}
