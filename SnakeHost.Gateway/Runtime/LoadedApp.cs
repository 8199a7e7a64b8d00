using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;

namespace SnakeHost.Gateway.Runtime;

/// <summary>An imported app and the generation that it lives in. All methods need the GIL.</summary>
internal sealed class LoadedApp(PyHandle generation, PyHandle callable, InterfaceKind kind, string app) : IDisposable
{
    /// <summary>The WSGI or ASGI callable.</summary>
    public PyHandle Callable { get; } = callable;

    public InterfaceKind Interface { get; } = kind;

    /// <summary>What was chosen, as <c>module:attribute</c>.</summary>
    public string App { get; } = app;

    /// <summary>Makes the calling thread one of this app's.</summary>
    public void Enter() => Invoke("enter");

    public int CountModules()
    {
        using var count = generation.Value.Attribute("module_count");
        return (int)count.Borrow().ToInt64();
    }

    /// <summary>The names of threads that the app has started and that still run.</summary>
    public IReadOnlyList<string> RunningThreads()
    {
        using var threads = generation.Value.Attribute("threads");
        using var names = threads.Call();
        var list = new List<string>();
        for (var i = 0; i < names.Borrow().ListLength; i++)
            list.Add(names.Borrow().ListItem(i).ToString());
        return list;
    }

    /// <summary>Runs the app's exit functions and lets go of its modules.</summary>
    public void Dispose()
    {
        Callable.Dispose();
        Invoke("dispose");
        generation.Dispose();
    }

    private void Invoke(string method)
    {
        using var bound = generation.Value.Attribute(method);
        bound.Call().Dispose();
    }
}
