namespace SnakeHost.Gateway.Workers;

/// <summary>The folder of the sockets between this gateway and its workers: nobody else may enter it.</summary>
internal sealed class WorkerFolder : IDisposable
{
    /// <summary>Of a socket's path, with the zero behind it (unix(7)).</summary>
    private const int LongestPath = 108;

    /// <summary>What <see cref="NextSocket"/> adds at most.</summary>
    private const int LongestName = 16;

    /// <summary>Behind the beginning of a worker's paths: its sockets.</summary>
    public const string Control = ".c", Http1 = ".1", Http2 = ".2";

    private readonly Lazy<string> _path = new(Create);
    private int _last;

    /// <summary>The beginning of paths that no other worker has.</summary>
    public string NextSocket() => Path.Join(_path.Value, $"{Interlocked.Increment(ref _last)}");

    /// <summary>By a worker without its gateway: what that would have removed. The last one takes the folder.</summary>
    public static void LeaveOrphaned(params ReadOnlySpan<string> sockets)
    {
        try
        {
            foreach (var socket in sockets)
                File.Delete(socket);
            Directory.Delete(Path.GetDirectoryName(sockets[0])!);
        }
        catch (IOException)
        {
            // Others are in it.
        }
    }

    /// <summary>A socket that nobody needs any more.</summary>
    public static void Remove(string socket)
    {
        try
        {
            File.Delete(socket);
        }
        catch (IOException)
        {
            // Its folder has gone, with it.
        }
    }

    public void Dispose()
    {
        if (!_path.IsValueCreated)
            return;
        try
        {
            Directory.Delete(_path.Value, recursive: true);
        }
        catch (IOException)
        {
            // Nobody needs it any more.
        }
    }

    private static string Create()
    {
        var path = Directory.CreateTempSubdirectory("snakehost-workers-").FullName;
        if (path.Length + LongestName < LongestPath)
            return path;
        Directory.Delete(path);
        throw new IOException($"The folder for temporary files, {Path.GetTempPath()}, has too long a name for sockets in it: set TMPDIR to a shorter one.");
    }
}
