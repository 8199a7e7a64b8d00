namespace SnakeHost.Gateway.Watching;

/// <summary>Is told where a snapshot looks, each time before it looks: whoever watches from then on misses nothing.</summary>
internal interface ITreeVisitor
{
    /// <summary>The files of the directory are looked at.</summary>
    void Enter(string directory, string relative) { }

    /// <summary>One name in the directory is looked at.</summary>
    /// <param name="contents">Whether what a file of that name holds matters too.</param>
    void Pin(string directory, string name, bool contents) { }

    /// <summary>Installed packages in the directory are looked at.</summary>
    void EnterPackages(string directory) { }
}
