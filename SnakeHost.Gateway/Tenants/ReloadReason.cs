namespace SnakeHost.Gateway.Tenants;

/// <summary>Why a tenant is reloaded.</summary>
/// <param name="ChangedFiles">The files that caused it; empty when none did.</param>
internal sealed record ReloadReason(ReloadTrigger Trigger, IReadOnlyList<string> ChangedFiles)
{
    private const int MostNamed = 5;

    public static ReloadReason Manual { get; } = new(ReloadTrigger.Manual, []);

    public static ReloadReason ProcessLost { get; } = new(ReloadTrigger.ProcessLost, []);

    public static ReloadReason Files(params IReadOnlyList<string> files) => new(ReloadTrigger.FileChange, files);

    /// <summary>For a log line: a branch switch changes more files than a line should hold.</summary>
    public string Describe() => ChangedFiles.Count <= MostNamed
        ? string.Join(", ", ChangedFiles)
        : $"{string.Join(", ", ChangedFiles.Take(MostNamed))} and {ChangedFiles.Count - MostNamed} more files";

    /// <summary>One reason for two requests that are answered by one reload.</summary>
    internal ReloadReason Merge(ReloadReason other) => new(
        ChangedFiles.Count + other.ChangedFiles.Count > 0 ? ReloadTrigger.FileChange : Trigger,
        [.. ChangedFiles.Union(other.ChangedFiles, StringComparer.Ordinal)]);
}
