using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.CPython;

/// <summary>
/// Initialises the interpreter as if the given executable had been started: its prefix, its venv, its environment variables; but
/// without arguments, and with the process's signals left to .NET. PYTHONFAULTHANDLER too has no effect: of the signal that tells a crash .NET makes a
/// NullReferenceException.
/// </summary>
/// <remarks>
/// PyConfig has no stable layout: where a field lies depends on the version, and the C API offers no setter for an int. From 3.14
/// on fields have names (PEP 741); before, this table says where they are, in bytes, as <c>offsetof</c> gives it on every 64-bit
/// Unix.
/// </remarks>
internal static unsafe class Initialization
{
    /// <summary>More than the largest PyConfig of any version in the table (448 bytes).</summary>
    private const int ConfigSize = 4096;

    /// <summary>Where PyConfig has faulthandler, in all versions of the table.</summary>
    private const int FaultHandler = 32;

    private static readonly Dictionary<int, Layout> s_layouts = new()
    {
        [10] = new(InstallSignalHandlers: 16, ParseArgv: 80, ProgramName: 240),
        [11] = new(InstallSignalHandlers: 16, ParseArgv: 96, ProgramName: 264),
        [12] = new(InstallSignalHandlers: 16, ParseArgv: 104, ProgramName: 272),
        [13] = new(InstallSignalHandlers: 16, ParseArgv: 104, ProgramName: 280),
    };

    /// <summary>Leaves the calling thread holding the GIL, as Python's main thread.</summary>
    public static void Run(PythonInstallation installation)
    {
        if (installation.Version >= new Version(3, 14))
            RunByName(installation);
        else
            RunByLayout(installation, s_layouts[installation.Version.Minor]);
    }

    private static void RunByLayout(PythonInstallation installation, Layout layout)
    {
        var config = (byte*)NativeMemory.AllocZeroed(ConfigSize);
        CPythonApi.PyConfig_InitPythonConfig(config);
        *(int*)(config + layout.InstallSignalHandlers) = 0;
        *(int*)(config + layout.ParseArgv) = 0;
        *(int*)(config + FaultHandler) = 0;
        var status = CPythonApi.PyConfig_SetBytesString(config, config + layout.ProgramName, installation.Executable);
        if (status.Type == 0)
            status = CPythonApi.Py_InitializeFromConfig(config);
        CPythonApi.PyConfig_Clear(config);
        NativeMemory.Free(config);
        if (status.Type != 0)
            throw Failed(installation, Marshal.PtrToStringUTF8((nint)status.Message));
    }

    private static void RunByName(PythonInstallation installation)
    {
        var config = CPythonApi.PyInitConfig_Create();
        // PyInitConfig starts from the isolated configuration; these make it the one of a started python3.
        foreach (var name in (ReadOnlySpan<string>)["use_environment", "user_site_directory", "configure_locale"])
            _ = CPythonApi.PyInitConfig_SetInt(config, name, 1);
        foreach (var name in (ReadOnlySpan<string>)["isolated", "safe_path", "parse_argv", "install_signal_handlers", "faulthandler"])
            _ = CPythonApi.PyInitConfig_SetInt(config, name, 0);
        _ = CPythonApi.PyInitConfig_SetStr(config, "program_name", installation.Executable);
        if (CPythonApi.Py_InitializeFromInitConfig(config) != 0)
        {
            byte* message = null;
            _ = CPythonApi.PyInitConfig_GetError(config, &message);
            throw Failed(installation, Marshal.PtrToStringUTF8((nint)message));
        }

        CPythonApi.PyInitConfig_Free(config);
    }

    private static PythonUnavailableException Failed(PythonInstallation installation, string? reason) =>
        new($"Python {installation.Version} of '{installation.Executable}' cannot be initialised: {reason ?? "it gave no reason"}.");

    private sealed record Layout(int InstallSignalHandlers, int ParseArgv, int ProgramName);
}
