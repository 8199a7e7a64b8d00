using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;

namespace SnakeHost.Gateway.Runtime;

/// <summary>An imported app and the generation that it lives in. All methods need the GIL.</summary>
internal sealed class LoadedApp(RuntimePackage runtime, PyHandle generation, PyHandle callable, InterfaceKind kind, string app)
{
    private PyHandle? _watch;

    /// <summary>The WSGI or ASGI callable.</summary>
    public PyHandle Callable { get; } = callable;

    /// <summary>Its <c>snakehost.Generation</c>.</summary>
    public PyBorrowed Generation => generation.Value;

    /// <summary>Whether its end has begun.</summary>
    public bool IsDisposed { get; private set; }

    public InterfaceKind Interface { get; } = kind;

    /// <summary>What was chosen, as <c>module:attribute</c>.</summary>
    public string App { get; } = app;

    /// <summary>Whether the app's framework is one of those that expect the scope's <c>path</c> without the <c>root_path</c>.</summary>
    public bool WantsPathBelowRoot()
    {
        using var wants = generation.Value.Attribute("wants_path_below_root");
        return wants.Borrow().IsTrue();
    }

    /// <summary>Whether its requests are answered by greenlets of one thread, for which the gateway's threads wait.</summary>
    public bool HasGreenlets()
    {
        using var hub = generation.Value.Attribute("hub");
        return !hub.IsNone;
    }

    /// <summary>Makes the calling thread one of this app's.</summary>
    public void Enter() => Invoke("enter");

    public int CountModules()
    {
        using var count = generation.Value.Attribute("module_count");
        return (int)count.Borrow().ToInt64();
    }

    /// <summary>The tenant's own source files that have been read so far.</summary>
    public IReadOnlyList<SourceFile> ListSourceFiles()
    {
        using var method = generation.Value.Attribute("source_files");
        using var files = method.Call();
        var list = new List<SourceFile>();
        for (var i = 0; i < files.Borrow().ListLength; i++)
        {
            var file = files.Borrow().ListItem(i);
            list.Add(new SourceFile(file.TupleItem(0).ToString(), file.TupleItem(1).ToInt64(), file.TupleItem(2).ToInt64()));
        }

        return list;
    }

    /// <summary>What was imported to load it.</summary>
    public IReadOnlyList<ImportedModule> ListImports()
    {
        using var imports = generation.Value.Attribute("imports");
        var list = new List<ImportedModule>();
        var modules = imports.Borrow();
        for (var i = 0; i < modules.ListLength; i++)
        {
            var module = modules.ListItem(i);
            list.Add(new ImportedModule(
                module.TupleItem(0).ToString(),
                Milliseconds(module.TupleItem(1).ToInt64() - modules.ListItem(0).TupleItem(1).ToInt64()),
                Milliseconds(module.TupleItem(2).ToInt64()),
                Milliseconds(module.TupleItem(3).ToInt64()),
                (int)module.TupleItem(4).ToInt64(),
                module.TupleItem(5).IsTrue()));
        }

        return list;

        static double Milliseconds(long nanoseconds) => Math.Round(nanoseconds / 1e6, 3);
    }

    /// <summary>Ends the app as CPython ends a process, and lets go of its modules.</summary>
    /// <param name="grace">What its threads, its work in pools and its child processes have to finish.</param>
    public void Dispose(TimeSpan grace)
    {
        IsDisposed = true;
        Callable.Dispose();
        using (var dispose = generation.Value.Attribute("dispose"))
        using (var milliseconds = Py.Int((long)grace.TotalMilliseconds))
        {
            using var watch = dispose.Call(milliseconds, PyBorrowed.Boolean(!runtime.IsEnding));
            if (!watch.IsNone)
                _watch = watch.Borrow().Own().Keep();
        }

        generation.Dispose();
    }

    /// <summary>After <see cref="Dispose"/>, a step of the search for what keeps its modules. Null: there are more steps. Else that, or nothing where they have gone.</summary>
    public string? StepToKeeper()
    {
        if (_watch is not { } watch)
            return "";
        using var step = watch.Value.Attribute("step");
        using var found = step.Call();
        if (found.IsNone)
            return null;
        watch.Dispose();
        _watch = null;
        return found.ToString();
    }

    /// <inheritdoc cref="RuntimePackage.Describe"/>
    public string Describe(PythonException exception) => runtime.Describe(exception);

    private void Invoke(string method)
    {
        using var bound = generation.Value.Attribute(method);
        bound.Call().Dispose();
    }
}
