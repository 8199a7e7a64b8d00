namespace SnakeHost.Gateway.Configuration;

/// <summary>How changes of source files are seen and grouped.</summary>
internal sealed class ReloadOptions
{
    /// <summary>Edits are grouped until so long nothing has changed.</summary>
    [Duration]
    public TimeSpan Debounce { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>A request for a changed app ends the wait early and waits for the new code.</summary>
    public bool OnDemand { get; set; } = true;

    /// <summary>With a request waiting, so long a silence is enough.</summary>
    [Duration]
    public TimeSpan OnDemandQuiet { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The old code may finish its requests for so long.</summary>
    [Duration(Infinite = true)]
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Globs of file names that count.</summary>
    public List<string> Include { get; set; } = ["*.py"];

    /// <summary>Whether files count that the app reads below its folder, such as templates, whatever they are called. Null: in Development.</summary>
    public bool? OpenedFiles { get; set; }

    /// <summary>Globs of names and relative paths that never count, beside <c>.git</c>, <c>__pycache__</c>, <c>.venv</c> and <c>node_modules</c>.</summary>
    public List<string> Exclude { get; set; } = [];

    /// <summary>Compare time stamps in place of notifications, for file systems that send none.</summary>
    public bool Polling { get; set; }

    [Duration(Minimum = 10)]
    public TimeSpan PollingInterval { get; set; } = TimeSpan.FromMilliseconds(500);
}
