using System.Security.Cryptography;
using System.Text;

namespace SnakeHost.Gateway.Supervision;

/// <summary>A folder for the sockets by which the supervisor speaks to its workers, and for what they agree on. Only this user may enter it.</summary>
/// <remarks>Not in XDG_RUNTIME_DIR: that goes when the user logs out, and a gateway that runs on would lose its workers.</remarks>
internal sealed class SharedFolder : IDisposable
{
    /// <summary>What the address of a Unix socket holds, without the NUL at its end (unix(7)).</summary>
    private const int LongestSocket = 107;

    private string? _path;

    /// <summary>Made anew if somebody has removed it: a worker could not start without it.</summary>
    /// <exception cref="IOException">There is no place for it.</exception>
    public string Path => _path is { } path && Directory.Exists(path) ? path : _path = Create();

    public void Dispose()
    {
        try
        {
            if (_path is not null)
                Directory.Delete(_path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has been removed, or is in use by somebody's shell.
        }
    }

    private static string Create()
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException();
        IOException? refusal = null;
        // A temporary folder with a long name has no room for sockets.
        foreach (var parent in new[] { System.IO.Path.GetTempPath(), "/tmp" })
        {
            var path = System.IO.Path.Join(parent, $"snakehost-{RandomNumberGenerator.GetHexString(16, lowercase: true)}");
            if (Encoding.UTF8.GetByteCount(System.IO.Path.Join(path, $"{int.MaxValue}.sock")) > LongestSocket)
                continue;
            try
            {
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                foreach (var folder in WorkerRole.Folders)
                    Directory.CreateDirectory(System.IO.Path.Join(path, folder));
                return path;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                refusal = new IOException($"No folder can be made for the workers' sockets: {e.Message}", e);
            }
        }

        throw refusal ?? new IOException("The temporary folder's name is too long for the workers' sockets (TMPDIR).");
    }
}
