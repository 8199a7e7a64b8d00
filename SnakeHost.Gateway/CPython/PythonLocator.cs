using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Launch;

namespace SnakeHost.Gateway.CPython;

/// <summary>Finds the interpreter to embed by asking the configured executable about itself: nothing is guessed.</summary>
internal static class PythonLocator
{
    /// <param name="options">Which: a path, or a name that is looked up on PATH.</param>
    /// <exception cref="PythonUnavailableException">No such program, or not one that can be embedded.</exception>
    public static PythonInstallation Locate(PythonOptions options)
    {
        var executable = options.Executable;
        if (InterpreterProcess.Description is { } description)
            return Check(executable, OfProcess(executable, description), isProcess: true);
        if (options.Embedding == Embedding.Executable)
        {
            throw new PythonUnavailableException(
                $"SnakeHost:Python:Embedding is Executable, but SnakeHost:Python:Executable '{executable}' is no program that contains a Python from {PythonAnswer.Oldest} on, or this is not Linux, or the gateway is self-contained: leave it at Auto.");
        }

        return Check(executable, PythonAnswer.Ask($"SnakeHost:Python:Executable '{executable}'", executable), isProcess: false);
    }

    /// <summary>The interpreter whose process this is.</summary>
    /// <exception cref="PythonUnavailableException">Not one that can be used.</exception>
    public static PythonInstallation OfProcess()
    {
        var description = InterpreterProcess.Description!;
        var executable = Name(description);
        return Check(executable, OfProcess(executable, description), isProcess: true);
    }

    /// <summary>What <see cref="Locate"/> would find, before anything is started.</summary>
    /// <param name="isProcess">Whether the gateway would run in the interpreter's own program.</param>
    /// <exception cref="PythonUnavailableException">Not one that can be used.</exception>
    public static PythonInstallation Examine(PythonOptions options, bool isProcess) =>
        !isProcess && options.Embedding == Embedding.Executable
            ? Locate(options)
            : Check(options.Executable, PythonAnswer.Ask($"SnakeHost:Python:Executable '{options.Executable}'", options.Executable), isProcess);

    private static PythonInstallation Check(string executable, PythonAnswer answer, bool isProcess)
    {
        if (answer.Implementation != "cpython")
            throw new PythonUnavailableException($"SnakeHost:Python:Executable '{executable}' is {answer.Implementation}: only CPython can be embedded.");

        var version = answer.Version;
        if (!PythonAnswer.Supports(version))
        {
            throw new PythonUnavailableException(
                $"SnakeHost:Python:Executable '{executable}' is Python {version}: SnakeHost needs {PythonAnswer.Oldest} to {PythonAnswer.Newest}; install one of these, or name it in SnakeHost:Python:Executable.");
        }

        if (answer.IsFreeThreaded)
        {
            throw new PythonUnavailableException(
                $"SnakeHost:Python:Executable '{executable}' is a free-threaded build of Python {version}: SnakeHost needs a build with the GIL.");
        }

        if (isProcess)
            return new PythonInstallation(answer.Executable, version, answer.Flags, Library: null);
        if (answer.Libraries.Length == 0)
        {
            throw new PythonUnavailableException(
                $"SnakeHost:Python:Executable '{executable}' (Python {version}) has no shared library: install it (Debian and Ubuntu: apt-get install libpython{version.Major}.{version.Minor}), or build Python with --enable-shared, or name another python3 in SnakeHost:Python:Executable.");
        }

        return new PythonInstallation(answer.Executable, version, answer.Flags, answer.Libraries[0]);
    }

    /// <summary>From what launch.py says.</summary>
    private static PythonAnswer OfProcess(string asked, string description)
    {
        var fields = description.Split('\n');
        return fields is [_, var implementation, var version, var path, var flags] && InterpreterProcess.IsAsked(asked)
            ? new(implementation, Version.Parse(version), path, flags, [])
            : throw new PythonUnavailableException(
                $"SnakeHost:Python:Executable is '{asked}', but the gateway runs in '{Name(description)}': name it in appsettings.json, the environment or the arguments, or set SnakeHost:Python:Embedding to Library.");
    }

    /// <summary>How it was asked for, else where it is.</summary>
    private static string Name(string description) => description.Split('\n') is [{ Length: > 0 } asked, ..] ? asked : description.Split('\n')[3];
}
