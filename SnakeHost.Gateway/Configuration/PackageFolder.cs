namespace SnakeHost.Gateway.Configuration;

/// <summary>How a folder shows that it holds packages of its own: a virtual environment, or one of conda's.</summary>
internal static class PackageFolder
{
    /// <summary>What <c>venv</c>, <c>virtualenv</c> and <c>uv</c> write: without it the interpreter takes the folder for none.</summary>
    public const string Settings = "pyvenv.cfg";

    /// <summary>Where conda, mamba and pixi note what is installed.</summary>
    public const string CondaNotes = "conda-meta";

    /// <summary>Written by each installation into such a folder, and removal from it.</summary>
    private const string History = "history";

    private static readonly string[] s_ofApp = [".venv", "venv"];

    /// <summary>Where an app's own environment is looked for, the first first.</summary>
    public static IEnumerable<string> CandidatesOf(string app) => s_ofApp.Select(name => Path.Join(app, name));

    /// <summary>An app's own environment; null while it has none.</summary>
    public static string? FindOf(string app) => CandidatesOf(app).FirstOrDefault(Is);

    public static bool Is(string folder) => File.Exists(Path.Join(folder, Settings)) || IsConda(folder);

    /// <summary>Whether it is conda's: with a Python of its own, and no other can use it.</summary>
    public static bool IsConda(string folder) => !File.Exists(Path.Join(folder, Settings)) && Directory.Exists(Path.Join(folder, CondaNotes));

    /// <summary>The files that change when a folder becomes another environment, whichever kind it is or will be.</summary>
    public static IEnumerable<string> Marks(string folder) => [Path.Join(folder, Settings), Path.Join(folder, CondaNotes, History)];

    public static bool IsMark(string path) => Path.GetFileName(path) is var name && (name == Settings || (name == History && Path.GetFileName(Path.GetDirectoryName(path)) == CondaNotes));
}
