namespace SnakeHost.Gateway.Apps;

/// <summary>A source file that an app has read.</summary>
/// <param name="Path">As Python's <c>__file__</c>: absolute, symbolic links kept.</param>
/// <param name="Modified"><c>st_mtime_ns</c> from before it was read.</param>
/// <param name="Size"><c>st_size</c>, likewise.</param>
internal sealed record SourceFile(string Path, long Modified, long Size);
