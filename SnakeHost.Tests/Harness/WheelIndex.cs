using System.Diagnostics;
using System.Text.Json;

namespace SnakeHost.Tests.Harness;

/// <summary>A folder of wheels that pip installs from in place of an index in the network.</summary>
internal sealed class WheelIndex(string folder)
{
    private const string Build =
        """
        import json, os, sys
        sys.path.insert(0, sys.argv[1])
        import wheels

        folder, name, version, files, packages = sys.argv[2], sys.argv[3], sys.argv[4], json.loads(sys.argv[5]), sys.argv[6]
        for root, folders, names in os.walk(packages) if packages else ():
            folders[:] = [folder for folder in folders if folder != "__pycache__"]
            for file in names:
                path = os.path.join(root, file)
                files[os.path.relpath(path, os.path.dirname(packages))] = open(path, "rb").read()
        wheels.build(folder, name, version, files)
        """;

    private static readonly string s_tools = Path.Combine(AppContext.BaseDirectory, "PythonTests");

    public const string WhyNot = "python3 makes no environment with pip (Debian's package python3-venv).";

    /// <summary>Whether there is a pip. Debian's python3 makes no environment with one unless a package of its own is there.</summary>
    public static bool IsUsable { get; } = Process.Start(new ProcessStartInfo("python3", ["-c", "import ensurepip"]) { RedirectStandardError = true }) is { } process && process.WaitForExit(30_000) && process.ExitCode == 0;

    /// <summary>For the process that installs: pip's, and uv's.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string>
    {
        ["PIP_NO_INDEX"] = "1",
        ["PIP_FIND_LINKS"] = folder,
        ["PIP_NO_CACHE_DIR"] = "1",
        ["UV_NO_INDEX"] = "1",
        ["UV_FIND_LINKS"] = folder,
        ["UV_NO_CACHE"] = "1",
        ["UV_OFFLINE"] = "1",
        ["UV_PYTHON_DOWNLOADS"] = "never",
    };

    public Task AddAsync(string name, string version, params (string Path, string Content)[] files) => BuildAsync(name, version, files.ToDictionary(static file => file.Path, static file => file.Content), "");

    /// <summary>One whose content is a package that is installed here.</summary>
    public Task AddInstalledAsync(string name, string version, string packageFolder) => BuildAsync(name, version, [], packageFolder);

    private Task<string> BuildAsync(string name, string version, Dictionary<string, string> files, string packageFolder) =>
        PythonProcess.RunAsync("python3", Build, s_tools, folder, name, version, JsonSerializer.Serialize(files), packageFolder);
}
