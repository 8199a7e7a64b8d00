namespace SnakeHost.Gateway.Watching;

/// <summary>A directory that a tree has a watch on, and what for.</summary>
internal sealed class InotifyDirectory(string path, int watch)
{
    public string Path { get; } = path;

    public int Watch { get; } = watch;

    /// <summary>Its path from the working directory on; null when its files do not count.</summary>
    public string? Relative { get; set; }

    /// <summary>Names in it that matter, whatever else does.</summary>
    public HashSet<string>? Pins { get; set; }

    /// <summary>Whether packages are installed in it.</summary>
    public bool HasPackages { get; set; }

    /// <summary>Whether it is the metadata of a package that is being installed.</summary>
    public bool IsMetadata { get; set; }

    /// <summary>Whether the tree must be looked at anew when it goes away.</summary>
    public bool IsAnchor => Pins is not null || HasPackages || Relative is "";
}
