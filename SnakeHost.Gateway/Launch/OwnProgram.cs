using System.Diagnostics;
using System.Reflection;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Launch;

/// <summary>How the gateway's program is started again, as another process.</summary>
internal static class OwnProgram
{
    /// <summary>What somebody types to run it, by the Python that it was begun in, if it was. A tool's folder has a file that says so, and the tool is on the PATH.</summary>
    public static string Command
    {
        get
        {
            if (File.Exists(Path.Join(AppContext.BaseDirectory, RootDirectory.ToolMark)))
                return CommandLine.Name;
            if (InterpreterProcess.IsBegun)
                return $"{new PythonOptions().Executable} {Path.Join(AppContext.BaseDirectory, "gateway.py")}";
            var dotnet = InterpreterProcess.Find("dotnet") is null && InterpreterProcess.HostLibrary() is { } host ? DotNet(host) : "dotnet";
            return $"{dotnet} {Path.Join(AppContext.BaseDirectory, $"{typeof(OwnProgram).Assembly.GetName().Name}.dll")}";
        }
    }

    /// <summary>Within the program of a Python, as far as that contains one, else as .NET starts it.</summary>
    /// <param name="python">The path of an interpreter's program; null for a process that starts as this one did.</param>
    public static ProcessStartInfo CreateStart(string? python, IEnumerable<string> arguments)
    {
        var program = Assembly.GetExecutingAssembly().Location;
        var host = InterpreterProcess.HostLibrary();
        // A program's file may have capabilities, which dotnet has not.
        var isOwn = python is null && InterpreterProcess.Description is null && Path.GetFileNameWithoutExtension(Environment.ProcessPath) != "dotnet";
        if (program.Length == 0 || host is null || isOwn)
            return Create(Environment.ProcessPath!, [.. arguments]);
        return python is not null && InterpreterProcess.CanContain(python)
            ? Create(python, InterpreterProcess.Arguments(host, program, python, arguments))
            : Create(DotNet(host), [program, .. arguments]);
    }

    /// <summary>The program of the installation that this is.</summary>
    /// <param name="host">root/host/fxr/version/libhostfxr.so</param>
    public static string DotNet(string host) => Path.Join(Path.GetFullPath("../../../..", host), "dotnet");

    private static ProcessStartInfo Create(string file, IEnumerable<string> arguments) => new(file, arguments);
}
