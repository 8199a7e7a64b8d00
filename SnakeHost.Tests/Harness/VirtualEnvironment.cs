using System.Text.Json;

namespace SnakeHost.Tests.Harness;

/// <summary>A virtual environment that <c>python3 -m venv</c> has made, and wheels that are installed into it while a gateway serves apps with it.</summary>
internal sealed class VirtualEnvironment
{
    private const string Install =
        """
        import json, os, subprocess, sys, tempfile
        sys.path.insert(0, sys.argv[1])
        import wheels

        environment, name, version, files, pip = sys.argv[2], sys.argv[3], sys.argv[4], json.loads(sys.argv[5]), sys.argv[6] == "pip"
        for path, content in list(files.items()):
            if content == "an extension":
                module, file = wheels.any_extension()
                del files[path]
                files[path.format(module=module) + "." + os.path.basename(file).partition(".")[2]] = open(file, "rb").read()
            else:
                files[path] = content.replace("{module}", wheels.any_extension()[0]) if "{module}" in content else content
        with tempfile.TemporaryDirectory() as folder:
            wheel = wheels.build(folder, name, version, files)
            if pip:
                subprocess.run([sys.executable, "-m", "pip", "--python", os.path.join(environment, "bin", "python3"), "install", "--quiet", "--no-index",
                                "--disable-pip-version-check", "--find-links", folder, "--upgrade", name], check=True)
            else:
                wheels.install(wheel, wheels.packages_of(environment))
        """;

    private const string Uninstall =
        """
        import os, subprocess, sys
        sys.path.insert(0, sys.argv[1])
        import wheels

        if sys.argv[4] == "pip":
            subprocess.run([sys.executable, "-m", "pip", "--python", os.path.join(sys.argv[2], "bin", "python3"), "uninstall", "--quiet", "--yes",
                            "--disable-pip-version-check", sys.argv[3]], check=True)
        else:
            wheels.uninstall(sys.argv[3], wheels.packages_of(sys.argv[2]))
        """;

    private static readonly string s_tools = Path.Combine(AppContext.BaseDirectory, "PythonTests");

    private readonly string _python;

    private VirtualEnvironment(string python, string folder)
    {
        _python = python;
        Folder = folder;
        Packages = Path.Combine(Directory.GetDirectories(Path.Combine(folder, "lib"), "python3*").Single(), "site-packages");
    }

    public string Folder { get; }

    /// <summary>Its <c>site-packages</c>.</summary>
    public string Packages { get; }

    public static async Task<VirtualEnvironment> MakeAsync(string python, string folder)
    {
        await PythonProcess.ProgramAsync(python, "-m", "venv", "--without-pip", folder);
        return new VirtualEnvironment(python, folder);
    }

    /// <summary>One in which an installer finds the pip of its Python: to put one there takes that seconds. Where the Python has none, it has to.</summary>
    public static async Task MakeWithPipAsync(string python, string folder)
    {
        var made = await MakeAsync(python, folder);
        var pip = (await PythonProcess.RunAsync(python, "import importlib.util as u; pip = u.find_spec('pip'); print(pip.submodule_search_locations[0] if pip else '')")).Trim();
        if (pip.Length > 0)
            Directory.CreateSymbolicLink(Path.Combine(made.Packages, "pip"), pip);
    }

    /// <summary>Builds a wheel and installs it, with pip or as uv does. A file's content "an extension" is a C extension, and {module} is its name.</summary>
    public Task InstallAsync(string name, string version, (string Path, string Content)[] files, bool pip = false) =>
        PythonProcess.RunAsync(_python, Install, s_tools, Folder, name, version, JsonSerializer.Serialize(files.ToDictionary(file => file.Path, file => file.Content)), pip ? "pip" : "");

    public Task UninstallAsync(string name, bool pip = false) => PythonProcess.RunAsync(_python, Uninstall, s_tools, Folder, name, pip ? "pip" : "");

    /// <summary>Makes it the environment of a tenant, beside others'.</summary>
    public void Serve(Tenant tenant) => Directory.CreateSymbolicLink(Path.Combine(tenant.Directory, ".venv"), Folder);
}
