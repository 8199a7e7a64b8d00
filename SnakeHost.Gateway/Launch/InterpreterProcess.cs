using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Interop;

namespace SnakeHost.Gateway.Launch;

/// <summary>
/// The gateway in a process that is the interpreter's: <c>exec</c> replaces the gateway's program by Python's, which loads .NET and runs the gateway
/// again (<c>launch.py</c>), under the same process id. Or its user has begun there (<c>gateway.py</c>), and .NET starts once.
/// </summary>
/// <remarks>
/// Debian, Ubuntu, conda and uv link the interpreter into <c>python3</c> itself, without the indirections of a shared library: the same app takes a
/// fifth less time there. And no package with the shared library has to be installed.
/// </remarks>
internal static class InterpreterProcess
{
    /// <summary>New in 3.10, in every build of CPython since, and not under this name in others.</summary>
    private const string Symbol = "PyModule_AddObjectRef";

    /// <summary>What <c>launch.py</c> says of the interpreter whose process this is; null when it is not one.</summary>
    public static string? Description { get; } = AppContext.GetData("SnakeHost.Interpreter") as string;

    /// <summary>Whether this process has been an interpreter's from its beginning, before anything was known of the configuration.</summary>
    public static bool IsBegun { get; } = Description?.StartsWith('\n') == true;

    /// <summary>Does not return where the gateway is to run in another process than this. Not for one that has been entered.</summary>
    public static void Enter(IReadOnlyList<string> arguments, PythonOptions options)
    {
        if (Choose(options) is { } interpreter)
        {
            if (!IsOwn(interpreter))
                Execute(interpreter, [interpreter, .. Arguments(HostLibrary()!, Program, options.Executable, arguments)]);
        }
        else if (IsBegun && HostLibrary() is { } host)
        {
            var dotnet = OwnProgram.DotNet(host);
            Execute(dotnet, [dotnet, Program, .. Repeat(arguments, options)]);
        }
    }

    /// <summary>The program of the interpreter that the gateway is to run in; null for .NET's own.</summary>
    public static string? Choose(PythonOptions options) =>
        options.Embedding != Embedding.Library && (options.Embedding != Embedding.Auto || IsBegun || !(IsWatched() || HasOwnCapabilities()))
        && Program.Length > 0 && HostLibrary() is not null && Find(options.Executable) is { } interpreter && CanContain(interpreter)
            ? interpreter
            : null;

    /// <summary>The arguments for another process: there, too, the interpreter that this process has begun with is the default.</summary>
    public static IReadOnlyList<string> Repeat(IReadOnlyList<string> arguments, PythonOptions options) =>
        IsBegun ? [$"--{PythonOptions.ExecutableKey}={options.Executable}", .. arguments] : arguments;

    /// <summary>Whether .NET can run within this program: it is an interpreter, and not only a way to a shared library; or its user has begun there.</summary>
    public static bool CanContain(string interpreter) => IsOwn(interpreter) || ElfFile.Defines(interpreter, Symbol);

    /// <summary>Whether the interpreter whose process this is is the one that is asked for.</summary>
    public static bool IsAsked(string executable) => Description?.Split('\n')[0] == executable || (Find(executable) is { } path && IsOwn(path));

    private static string Program { get; } = Assembly.GetExecutingAssembly().Location;

    /// <summary>By one of the names that it has in its folder. Elsewhere a link may be a virtual environment.</summary>
    private static bool IsOwn(string interpreter)
    {
        if (Description?.Split('\n')[3] is not { } own)
            return false;
        return own == interpreter || (Path.GetDirectoryName(own) == Path.GetDirectoryName(interpreter) && RealPath.Resolve(own) == RealPath.Resolve(interpreter));
    }

    /// <summary>What an interpreter's program is started with, to run the gateway.</summary>
    /// <param name="executable">How that interpreter was asked for.</param>
    public static IReadOnlyList<string> Arguments(string host, string program, string executable, IEnumerable<string> arguments) =>
        [Path.Join(AppContext.BaseDirectory, "Launch", "launch.py"), host, program, typeof(InterpreterProcess).Assembly.GetName().Name!, executable, .. arguments];

    /// <summary>Whoever has attached to this program would lose sight of it.</summary>
    private static bool IsWatched() =>
        Debugger.IsAttached
        || Environment.GetEnvironmentVariable("DOTNET_WATCH") == "1"
        || Environment.GetEnvironmentVariable("CORECLR_ENABLE_PROFILING") == "1"
        || Environment.GetEnvironmentVariable("DOTNET_DiagnosticPorts") is { Length: > 0 };

    /// <summary>Capabilities of the program's file, say to listen on port 80, which another program would not have. See capabilities(7).</summary>
    private static bool HasOwnCapabilities()
    {
        var (permitted, ambient) = (0UL, 0UL);
        foreach (var line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith("CapPrm:", StringComparison.Ordinal))
                permitted = ulong.Parse(line.AsSpan(7).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            else if (line.StartsWith("CapAmb:", StringComparison.Ordinal))
                ambient = ulong.Parse(line.AsSpan(7).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }

        return !Environment.IsPrivilegedProcess && (permitted & ~ambient) != 0;
    }

    /// <summary>The library that has started .NET, if it is that of an installation and not the program's own.</summary>
    public static string? HostLibrary()
    {
        const string Name = "/libhostfxr.so";
        var line = File.ReadLines("/proc/self/maps").FirstOrDefault(line => line.EndsWith(Name, StringComparison.Ordinal));
        if (line is null)
            return null;
        var path = line[line.IndexOf('/', StringComparison.Ordinal)..];
        return Path.GetDirectoryName(path) == Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory) ? null : path;
    }

    /// <summary>As a shell finds a program.</summary>
    public static string? Find(string executable)
    {
        var candidates = executable.Contains('/', StringComparison.Ordinal)
            ? [Path.GetFullPath(executable)]
            : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Join(folder, executable));
        return candidates.FirstOrDefault(File.Exists);
    }

    /// <summary>Returns only if the system refuses.</summary>
    private static unsafe void Execute(string path, IReadOnlyList<string> arguments)
    {
        var pointers = stackalloc byte*[arguments.Count + 1];
        for (var i = 0; i < arguments.Count; i++)
            pointers[i] = (byte*)Marshal.StringToCoTaskMemUTF8(arguments[i]);
        pointers[arguments.Count] = null;
        _ = LibC.Execute(path, pointers);
        for (var i = 0; i < arguments.Count; i++)
            Marshal.FreeCoTaskMem((nint)pointers[i]);
    }
}
