namespace SnakeHost.Gateway.Apps;

/// <summary>A call that has not returned.</summary>
/// <param name="File">A path, or a name such as <c>&lt;string&gt;</c>.</param>
/// <param name="Line">From 1; 0 when Python does not know it.</param>
/// <param name="Function">Its name, with its class's where Python tells it.</param>
/// <param name="Source">The line itself; null when the source is not to be had.</param>
internal sealed record RunningFrame(string File, int Line, string Function, string? Source)
{
    public override string ToString() => $"  File \"{File}\", line {Line}, in {Function}{(Source is null ? "" : $"\n    {Source}")}";
}
