using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Workers;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Workers;

/// <summary>Which interpreter an environment was made with, for the folders that each tool makes.</summary>
public sealed class TenantPythonTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>What the tools write beside include-system-site-packages and prompt; {0} is the folder of the interpreters.</summary>
    public static TheoryData<string, string, string?> Shapes => new()
    {
        { "venv of 3.10", "home = {0}\nversion = 3.12.4\n", null },
        { "venv since 3.11", "home = {0}\nversion = 3.12.4\nexecutable = {0}/python3.12\ncommand = {0}/python3 -m venv env\n", null },
        { "virtualenv", "home = {0}\nimplementation = CPython\nversion_info = 3.12.4.final.0\nvirtualenv = 20.25.0\nbase-prefix = /usr\nbase-exec-prefix = /usr\nbase-executable = {0}/python3.12\n", null },
        { "uv", "home = {0}\nimplementation = CPython\nuv = 0.5.1\nversion_info = 3.12.4\n", null },
        { "uv, its link to the newest of a minor version", "home = {0}/../newest\nimplementation = CPython\nuv = 0.9.0\nversion_info = 3.12.4\n", null },
        { "the executable has moved, its home is there", "home = {0}\nversion = 3.12.4\nexecutable = /nowhere/python3.12\n", null },
        { "no version, the library's folder has it", "home = {0}\n", "lib/python3.12/site-packages" },
        { "names in capitals, spaces", "HOME={0}\n  Version  =  3.12.4 \n", null },
        { "its home is gone, its link leads on", "home = /nowhere\nversion = 3.12.4\n", "bin -> python3.12" },
        { "python3 is another one since", "home = {0}\nversion = 3.12.4\nexecutable = {0}/python3\n", null },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void TheBaseInterpreter_IsFoundInWhatEachToolWrites(string shape, string settings, string? more)
    {
        var home = Interpreters();
        var venv = Venv(string.Format(System.Globalization.CultureInfo.InvariantCulture, settings, home), more, home);
        var found = TenantPython.Of(venv)!;
        Assert.Equal((Path.Join(home, "python3.12"), null, 12, "", false), (found.Executable, found.Problem, found.Version?.Minor ?? 0, found.Flags, found.IsConda));
        Assert.True(found.DiffersFrom(Own("3.11.2")), shape);
        Assert.False(found.DiffersFrom(Own("3.12.9")), shape);
        Assert.True(found.DiffersFrom(Own("3.12.4", "d")), shape);
    }

    [Fact]
    public void AnEnvironmentThatSeesThePackagesOfItsBase_IsForThatInstallationOnly()
    {
        var home = Interpreters();
        var found = TenantPython.Of(Venv($"home = {home}\nversion = 3.12.4\ninclude-system-site-packages = True\n", more: null, home))!;
        Assert.True(found.DiffersFrom(Own("3.12.9")));
        Assert.False(found.DiffersFrom(Own("3.12.9") with { Executable = Path.Join(home, "python3.12") }));
        Assert.EndsWith($" and the packages of {Path.Join(home, "python3.12")}", found.Describe(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("home = {0}\nversion = 3.13.0\nexecutable = {0}/python3.13t\n", "lib/python3.13t/site-packages", "is for a free-threaded build of Python 3.13: SnakeHost needs a build with the GIL; make it again with python3.13.")]
    [InlineData("home = {0}\nimplementation = CPython\nuv = 0.5.1\nversion_info = 3.13.0\n", "lib/python3.13t/site-packages", "is for a free-threaded build of Python 3.13")]
    [InlineData("home = {0}\nversion = 3.9.2\n", null, "is for Python 3.9: SnakeHost runs 3.10 to 3.15; make it again with one of these.")]
    [InlineData("home = {0}\nversion = 3.16.0\n", null, "is for Python 3.16")]
    [InlineData("home = {0}\nimplementation = PyPy\nversion_info = 3.10.14.final.0\n", null, "is for PyPy: SnakeHost runs CPython only")]
    [InlineData("home = /nowhere\nversion = 3.12.4\nexecutable = /nowhere/python3.12\n", null, "was made with a Python 3.12 that is no longer there (/nowhere/python3.12): make it again with an installed Python (snakehost sync --recreate), or install that one.")]
    [InlineData("home = {0}\nversion = 3.14.1\n", null, "was made with {0}/python3.14, which may not be executed.")]
    [InlineData("home = {0}\nversion = 3.15.0\n", null, "was made with a Python 3.15 that is no longer there ({0})")]
    [InlineData("home = {0}/silent\n", null, "was made with {0}/silent/python3, which does not answer like a Python interpreter: no module named answers")]
    [InlineData("prompt = x\n", null, "does not tell which Python it was made with")]
    public void WhatCannotBeUsed_HasASentence(string settings, string? more, string sentence)
    {
        var home = Interpreters();
        var venv = Venv(string.Format(System.Globalization.CultureInfo.InvariantCulture, settings, home), more, home);
        var found = TenantPython.Of(venv)!;
        Assert.Null(found.Executable);
        Assert.StartsWith($"The virtual environment {venv} {string.Format(System.Globalization.CultureInfo.InvariantCulture, sentence, home)}", found.Problem, StringComparison.Ordinal);
        Assert.True(found.DiffersFrom(Own("3.11.2")));
    }

    [Theory]
    [InlineData("python-3.12.4-h194c7f8_0_cpython.json", "", null)]
    [InlineData("python-3.12.4-h9ebbce0_100_cp312.json", "", null)]
    [InlineData("python-3.12.4-h92d6c8b_1_cp312t.json", "t", "is for a free-threaded build of Python 3.12")]
    [InlineData("python-3.9.18-0_73_pypy.json", "", "is for PyPy")]
    [InlineData("python-3.9.18-h0755675_0_cpython.json", "", "is for Python 3.9")]
    [InlineData("python_abi-3.12-5_cp312.json", "", "has no Python: install one into it")]
    public void CondasEnvironment_RunsInItsOwnPython(string note, string flags, string? problem)
    {
        var environment = _folder.Folder("env");
        _folder.File($"env/conda-meta/{note}");
        _folder.File("env/conda-meta/python-dateutil-2.9.0-pyhd8ed1ab_0.json");
        var python = Interpreter("env/bin/python3.12");
        _folder.Link("env/bin/python", "python3.12");
        var found = TenantPython.Of(environment)!;
        Assert.Equal((problem is null ? python : null, flags, true), (found.Executable, found.Flags, found.IsConda));
        if (problem is not null)
            Assert.Contains($"The conda environment {environment} {problem}", found.Problem, StringComparison.Ordinal);
        Assert.True(found.DiffersFrom(Own("3.12.4")));
        Assert.Equal(problem is not null, found.DiffersFrom(Own("3.12.4") with { Executable = Path.Join(environment, "bin", "python") }));
    }

    [Fact]
    public void WhatIsNoEnvironment_HasNone()
    {
        Assert.Null(TenantPython.Of(null));
        Assert.Null(TenantPython.Of(_folder.Folder("empty")));
        Assert.Null(TenantPython.Of(Path.Join(_folder.Path, "missing")));
    }

    [Fact]
    public void AnExecutableWhoseNameTellsNothing_IsAskedOnce_UntilItIsAnotherFile()
    {
        var asked = Path.Join(_folder.Path, "asked");
        var python = Script("home/python3", $"echo >> {asked}; exec {InstalledPythons.Default} \"$@\"");
        var venv = Venv($"home = {_folder.Path}/home\n", null, "");
        for (var i = 0; i < 3; i++)
        {
            var found = TenantPython.Of(venv)!;
            Assert.Equal((python, InstalledPythons.VersionOf(InstalledPythons.Default)), (found.Executable, found.Version));
        }

        Assert.Single(File.ReadAllLines(asked));
        File.SetLastWriteTimeUtc(python, DateTime.UnixEpoch);
        Assert.NotNull(TenantPython.Of(venv)!.Executable);
        Assert.Equal(2, File.ReadAllLines(asked).Length);
    }

    [Fact]
    public void AnInterpreterThatIsOnlyAProgram_IsRefused_AndWithItsLibraryIsNot()
    {
        var program = Script("home/python3.12", "printf 'cpython\\0003.12.4\\000/home/python3.12\\000'");
        var venv = Venv($"home = {_folder.Path}/home\nversion = 3.12.4\n", null, "");
        var found = TenantPython.Of(venv)!;
        Assert.Null(found.Problem);
        Assert.Equal($"{venv} was made with {program}, which has no shared library: install it (Debian and Ubuntu: apt-get install libpython3.12), or build Python with --enable-shared.", found.Refusal(venv));
        Script("home/python3.12", "printf 'cpython\\0003.12.4\\000/home/python3.12\\000\\000/home/libpython3.12.so.1.0'");
        Assert.Null(TenantPython.Of(venv)!.Refusal(venv));
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task AnEnvironmentOfAnInstalledPython_LeadsToIt(string python)
    {
        var version = InstalledPythons.VersionOf(python);
        (string Name, string Module, string[] Options)[] makers =
        [
            ("venv", "venv", ["--without-pip"]), ("copies", "venv", ["--without-pip", "--copies"]), ("virtualenv", "virtualenv", ["--no-download", "--no-pip", "--no-setuptools", "--no-wheel"]), ("uv", "uv", ["venv", "--offline", "--python", python]),
        ];
        foreach (var (name, module, options) in makers.Where(maker => InstalledPythons.CanImport(python, maker.Module)))
        {
            var folder = Path.Join(_folder.Path, name);
            await PythonProcess.ProgramAsync(python, ["-m", module, .. options, folder]);
            var found = TenantPython.Of(folder)!;
            Assert.Null(found.Problem);
            Assert.Equal((version.Major, version.Minor), (found.Version!.Major, found.Version.Minor));
            var answer = PythonAnswer.Ask(name, found.Executable!);
            Assert.Equal((version, ""), (answer.Version, answer.Flags));
            Assert.False(found.DiffersFrom(Own(version.ToString())));
        }
    }

    private static PythonInstallation Own(string version, string flags = "") => new("/usr/bin/python3", Version.Parse(version), flags, Library: null);

    /// <summary>A folder as /usr/bin: versions, and names that lead to one of them.</summary>
    private string Interpreters()
    {
        foreach (var version in (string[])["3.9", "3.12", "3.13", "3.13t", "3.16"])
            Interpreter($"home/python{version}");
        _folder.File("home/python3.14");
        _folder.Link("home/python3", "python3.13");
        _folder.Link("newest", "home");
        Script("home/silent/python3", "echo no module named answers >&2; exit 1");
        return Path.Join(_folder.Path, "home");
    }

    private string Venv(string settings, string? more, string home)
    {
        var file = _folder.File("env/pyvenv.cfg", "include-system-site-packages = false\n" + settings + "prompt = 'a = b'\n");
        if (more == "bin -> python3.12")
        {
            _folder.Folder("env/bin");
            _folder.Link("env/bin/python3", "python");
            _folder.Link("env/bin/python", Path.Join(home, "python3.12"));
        }
        else if (more is not null)
        {
            _folder.Folder($"env/{more}");
        }

        return Path.GetDirectoryName(file)!;
    }

    private string Interpreter(string name) => Script(name, "exit 1");

    private string Script(string name, string text)
    {
        var path = _folder.File(name, $"#!/bin/sh\n{text}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
