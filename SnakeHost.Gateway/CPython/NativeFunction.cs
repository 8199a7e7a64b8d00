using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using SnakeHost.Gateway.Interop;

namespace SnakeHost.Gateway.CPython;

/// <summary>A .NET method as a Python function. Positional arguments only; the result is a new reference.</summary>
/// <remarks>A <see cref="PythonException"/> it throws goes on in Python as it was; any other becomes a RuntimeError.</remarks>
internal delegate PyOwned NativeCallback(ReadOnlySpan<PyBorrowed> arguments);

/// <summary>Makes Python functions of .NET methods.</summary>
/// <remarks>
/// All share one unmanaged entry point (METH_FASTCALL). A function's <c>self</c> is an int, the index of its delegate: reading it
/// is a few nanoseconds, and no .NET object has to be pinned for Python. Functions are made once per loaded app or once per process
/// and their slots are reused after <see cref="NativeFunction.Dispose"/>.
/// </remarks>
internal sealed unsafe class NativeFunction : IDisposable
{
    private const int FastCall = 0x80;

    private static readonly Lock s_gate = new();
    private static readonly Stack<int> s_free = new();
    private static readonly Dictionary<string, nint> s_definitions = [];
    private static NativeCallback?[] s_callbacks = new NativeCallback?[64];
    private static int s_used;

    private readonly int _index;
    private readonly PyHandle _function;

    /// <param name="name">As tracebacks show it.</param>
    /// <param name="callback">Called with the GIL held.</param>
    public NativeFunction(string name, NativeCallback callback)
    {
        _index = Register(callback);
        using var self = Py.Int(_index);
        _function = PyOwned.Checked(CPythonApi.PyCFunction_NewEx(Definition(name), self.Pointer, 0)).Keep();
    }

    public static implicit operator PyBorrowed(NativeFunction function) => function._function;

    /// <summary>A dict of functions by name, with the GIL held. They live as long as the process.</summary>
    public static PyOwned Table(params ReadOnlySpan<(string Name, NativeCallback Callback)> functions)
    {
        var table = Py.Dict();
        foreach (var (name, callback) in functions)
        {
            using var key = Py.Interned(name);
            Py.Set(table, key, new NativeFunction(name, callback));
        }

        return table;
    }

    /// <summary>Needs the GIL. A later call from Python, by a reference it kept, raises RuntimeError.</summary>
    public void Dispose()
    {
        _function.Dispose();
        lock (s_gate)
        {
            s_callbacks[_index] = null;
            s_free.Push(_index);
        }
    }

    private static int Register(NativeCallback callback)
    {
        lock (s_gate)
        {
            if (!s_free.TryPop(out var index))
            {
                index = s_used++;
                if (index == s_callbacks.Length)
                    Array.Resize(ref s_callbacks, s_callbacks.Length * 2);
            }

            s_callbacks[index] = callback;
            return index;
        }
    }

    /// <summary>A PyMethodDef. CPython keeps a pointer to it for as long as the function lives, hence one per name, for ever.</summary>
    private static void* Definition(string name)
    {
        lock (s_gate)
        {
            if (s_definitions.TryGetValue(name, out var known))
                return (void*)known;
            var definition = (MethodDefinition*)NativeMemory.AllocZeroed((nuint)sizeof(MethodDefinition));
            var text = Encoding.UTF8.GetBytes(name + '\0');
            definition->Name = (byte*)NativeMemory.Alloc((nuint)text.Length);
            text.CopyTo(new Span<byte>(definition->Name, text.Length));
            definition->Method = &Invoke;
            definition->Flags = FastCall;
            s_definitions.Add(name, (nint)definition);
            return definition;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint Invoke(nint self, nint* arguments, nint count)
    {
        if (ForkMark.IsInForkedChild)
            return PyBorrowed.None.Own().Pointer;
        try
        {
            var callback = Volatile.Read(ref s_callbacks)[(int)CPythonApi.PyLong_AsLongLong(self)]
                ?? throw new InvalidOperationException("This function belongs to a version of the app that is gone.");
            return callback(new ReadOnlySpan<PyBorrowed>(arguments, checked((int)count))).Pointer;
        }
        catch (PythonException e)
        {
            e.Restore();
        }
        catch (NativeError e)
        {
            e.Raise();
        }
        catch (Exception e)
        {
            NativeError.Runtime(e.Message).Raise();
        }

        return 0;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct MethodDefinition
    {
        public byte* Name;
        public delegate* unmanaged[Cdecl]<nint, nint*, nint, nint> Method;
        public int Flags;
        public byte* Documentation;
    }
}
