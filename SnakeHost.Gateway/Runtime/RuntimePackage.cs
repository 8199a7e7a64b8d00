using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.Runtime;

/// <summary>The Python half of the gateway: the package <c>snakehost</c>.</summary>
internal sealed class RuntimePackage
{
    private const string Bootstrap = """
        import importlib.util, os, sys
        path = os.path.join(folder, "__init__.py")
        spec = importlib.util.spec_from_file_location("snakehost", path, submodule_search_locations=[folder])
        package = sys.modules["snakehost"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(package)
        """;

    private readonly PyHandle _generation;
    private readonly PyHandle _load;
    private readonly PyHandle _describe;
    private readonly PyHandle _rest;

    private RuntimePackage(PyBorrowed package)
    {
        _generation = package.Attribute("Generation").Keep();
        _load = package.Attribute("load").Keep();
        _describe = package.Attribute("describe").Keep();
        using var bottom = Py.Import("snakehost.bottom");
        _rest = bottom.Attribute("rest").Keep();
        PythonThread.Bottom = bottom.Attribute("serve").Keep();
    }

    /// <summary>Whether the process ends next: the memory of apps that end need not be freed.</summary>
    public bool IsEnding { get; set; }

    /// <summary>Imports the package and takes over the interpreter. On Python's main thread, with the GIL, before any app.</summary>
    /// <param name="folder">Where the <c>*.py</c> lie.</param>
    /// <param name="output">Gives what is told each line that an app prints and each record that it logs, with the GIL held.</param>
    /// <param name="isAlone">Whether the process serves one app only.</param>
    public static RuntimePackage Install(string folder, Func<IAppOutput> output, bool isAlone)
    {
        using var builtins = Py.Import("builtins");
        using var exec = builtins.Attribute("exec");
        using var source = Py.String(Bootstrap);
        using var globals = Py.Dict();
        using var key = Py.String("folder");
        using var path = Py.String(folder);
        Py.Set(globals, key, path);
        exec.Call(source, globals).Dispose();

        using var package = Py.Import("snakehost");
        using var install = package.Attribute("install");
        // Asked for as late as can be: it may have to be waited for.
        var sink = output();
        install.Call(RuntimeOutput.WriteLine(sink), RuntimeOutput.WriteRecord(sink), PyBorrowed.Boolean(isAlone)).Dispose();
        return new RuntimePackage(package);
    }

    /// <summary><c>bottom.rest(wait)</c>. On Python's main thread, with the GIL.</summary>
    public void Rest(NativeFunction wait) => _rest.Value.Call(wait).Dispose();

    /// <summary>Has told which files apps read and change below their folders. Takes the GIL.</summary>
    /// <param name="note">Called with the GIL, before the file is opened or changed: must be quick.</param>
    public static void FollowFiles(Action<OpenedFile> note)
    {
        using var gil = Gil.Acquire();
        using var module = Py.Import("snakehost.reading");
        using var install = module.Attribute("install");
        // Never disposed: apps open files at any time.
        var told = new NativeFunction("note", arguments =>
        {
            note(new OpenedFile(arguments[0].ToString(), new SourceFile(arguments[1].ToString(), arguments[2].ToInt64(), arguments[3].ToInt64()), arguments[4].IsTrue()));
            return PyBorrowed.None.Own();
        });
        install.Call(told).Dispose();
    }

    /// <summary>Has it told when an app does what depends on the processors that a thread may use. Takes the GIL; before any app.</summary>
    /// <param name="letGo">Called on a thread that starts or asks for something, before it does, with the GIL: must be quick. With true: it takes until the next call.</param>
    /// <param name="giveUp">Called when an app is about to place threads on processors itself, likewise.</param>
    public static void FollowProcessors(Action<bool> letGo, Action giveUp)
    {
        using var gil = Gil.Acquire();
        using var module = Py.Import("snakehost.processors");
        using var install = module.Attribute("install");
        // Never disposed: apps start processes at any time.
        var toldToLetGo = new NativeFunction("let_go", arguments =>
        {
            letGo(arguments[0].IsTrue());
            return PyBorrowed.None.Own();
        });
        var toldToGiveUp = new NativeFunction("give_up", _ =>
        {
            giveUp();
            return PyBorrowed.None.Own();
        });
        install.Call(toldToLetGo, toldToGiveUp).Dispose();
    }

    /// <summary>Starts a debugger for this process, before any app. Takes the GIL.</summary>
    /// <param name="venv">Where it is looked for first; null for no such place.</param>
    /// <param name="held">Is given 1 when a thread stops, and -1 when it goes on. With the GIL: must be quick.</param>
    /// <returns>The port where it listens on loopback; or why it does not, a sentence.</returns>
    public static (int Port, string? Problem) Debug(string? venv, Action<int> held)
    {
        using var gil = Gil.Acquire();
        using var module = Py.Import("snakehost.debuggers");
        using var serve = module.Attribute("serve");
        using var environment = venv is null ? PyBorrowed.None.Own() : Py.String(venv);
        // Never disposed: it is called to the process's end.
        var told = new NativeFunction("held", arguments =>
        {
            held((int)arguments[0].ToInt64());
            return PyBorrowed.None.Own();
        });
        using var result = serve.Call(environment, told);
        return result.Borrow().IsString ? (0, result.ToString()) : ((int)result.Borrow().ToInt64(), null);
    }

    /// <summary>Waits until an editor has attached to the debugger. Takes the GIL, but not for as long as it waits.</summary>
    public static void WaitForEditor()
    {
        using var gil = Gil.Acquire();
        using var module = Py.Import("snakehost.debuggers");
        using var wait = module.Attribute("wait");
        wait.Call().Dispose();
    }

    /// <summary><c>collection.collect_at_rest()</c>. With the GIL.</summary>
    public static void CollectAtRest()
    {
        using var module = Py.Import("snakehost.collection");
        using var collect = module.Attribute("collect_at_rest");
        collect.Call().Dispose();
    }

    /// <summary>
    /// Imports an app. The calling thread belongs to it from then on. With the GIL.
    /// </summary>
    /// <param name="trace">The trace that it belongs to, which is told the slowest modules; null for none.</param>
    /// <exception cref="PythonException">The app cannot be loaded.</exception>
    public LoadedApp Load(AppRequest request, ImportTrace? trace)
    {
        using var id = Py.String(request.Id);
        using var directory = Py.String(request.Directory);
        using var venv = request.Venv is null ? PyBorrowed.None.Own() : Py.String(request.Venv);
        using var privatePackages = Py.List();
        foreach (var name in request.PrivatePackages)
            Py.AppendNew(privatePackages, Py.String(name));
        using var environment = Py.Dict();
        foreach (var (name, value) in request.Environment)
        {
            using var variable = Py.String(name);
            Py.SetNew(environment, variable, Py.String(value));
        }

        using var app = Py.String(request.App);
        using var kind = Py.String(request.Interface.Lower());
        var generation = _generation.Value.Call(id, directory, venv, privatePackages, environment, PyBorrowed.Boolean(request.IsMovable)).Keep();
        try
        {
            using var enter = generation.Value.Attribute("enter");
            enter.Call().Dispose();
            using var traceParent = trace is null ? PyBorrowed.None.Own() : Py.Latin1(trace.TraceParent);
            using var loaded = _load.Value.Call(generation, app, kind, traceParent, PyBorrowed.Boolean(request.IsDeveloping));
            var found = loaded.Borrow();
            AddModules(generation, trace);
            return new LoadedApp(
                this,
                generation,
                found.TupleItem(0).Hold(),
                found.TupleItem(1).ToString() == "asgi" ? InterfaceKind.Asgi : InterfaceKind.Wsgi,
                found.TupleItem(2).ToString());
        }
        catch
        {
            using var dispose = generation.Value.Attribute("dispose");
            dispose.Call().Dispose();
            AddModules(generation, trace);
            generation.Dispose();
            throw;
        }
    }

    private static void AddModules(PyHandle generation, ImportTrace? trace)
    {
        if (trace is null)
            return;
        using var modules = generation.Value.Attribute("slow_imports");
        for (var i = 0; i < modules.Borrow().ListLength; i++)
        {
            var module = modules.Borrow().ListItem(i);
            trace.Add(
                module.TupleItem(0).ToString(),
                module.TupleItem(1).ToInt64(),
                module.TupleItem(2).ToInt64(),
                module.TupleItem(3).ToInt64(),
                (int)module.TupleItem(4).ToInt64(),
                module.TupleItem(5).IsTrue());
        }
    }

    /// <summary>An exception as JSON, see <c>errors.describe</c>. With the GIL.</summary>
    public string Describe(PythonException exception)
    {
        using var json = _describe.Value.Call(exception.Exception);
        return json.ToString();
    }
}
