namespace SnakeHost.Gateway.Watching;

/// <summary>What tells two versions of a file apart without reading it. It cannot prove that a file is the same: clocks of file systems are coarse.</summary>
/// <param name="Modified">In 100 ns since year 1, UTC; 0 when there is no such file.</param>
/// <param name="Size">In bytes.</param>
internal readonly record struct FileStamp(long Modified, long Size)
{
    public static FileStamp Missing => default;

    /// <summary>Of a path; a symbolic link is followed.</summary>
    public static FileStamp Of(string path)
    {
        try
        {
            FileSystemInfo? info = new FileInfo(path);
            if (info.LinkTarget is not null)
                info = info.ResolveLinkTarget(returnFinalTarget: true);
            return info is FileInfo { Exists: true } file ? new FileStamp(file.LastWriteTimeUtc.Ticks, file.Length)
                : info is { Exists: true } ? new FileStamp(info.LastWriteTimeUtc.Ticks, -1)
                : Missing;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Missing;
        }
    }

    /// <param name="modified">As Python's <c>st_mtime_ns</c>.</param>
    /// <param name="size">As <c>st_size</c>.</param>
    public static FileStamp FromUnix(long modified, long size) => new(DateTime.UnixEpoch.Ticks + (modified / 100), size);
}
