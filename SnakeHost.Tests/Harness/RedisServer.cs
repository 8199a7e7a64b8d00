using System.Diagnostics;

namespace SnakeHost.Tests.Harness;

/// <summary>A Redis of Debian's, empty, at a socket in a folder of its own.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly Process _process;
    private readonly Task _lines;

    private RedisServer(TemporaryFolder folder, Process process, Task lines) => (_folder, _process, _lines) = (folder, process, lines);

    /// <summary>Why there is none; null where there is.</summary>
    public static string? Missing => PythonProcess.IsInstalled("redis-server") ? null : "Redis is not installed (Debian's package redis-server).";

    public string Socket => SocketIn(_folder);

    /// <summary>Returns when it accepts connections.</summary>
    public static async Task<RedisServer> StartAsync()
    {
        var folder = new TemporaryFolder();
        var process = ChildProcess.Start(new ProcessStartInfo("redis-server", ["--port", "0", "--unixsocket", SocketIn(folder), "--save", "", "--dir", folder.Path])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        });
        process.StandardInput.Close();
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var lines = ReadAsync(process, ready);
        if (await Task.WhenAny(ready.Task, lines) == lines)
            throw new InvalidOperationException("Redis has ended before it was ready.");
        return new RedisServer(folder, process, lines);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _lines;
        _process.Dispose();
        _folder.Dispose();
    }

    /// <summary>It goes on writing there as long as it runs.</summary>
    private static async Task ReadAsync(Process process, TaskCompletionSource ready)
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            // Of a socket it says so in lower case, and of a port with a capital.
            if (line.Contains("ready to accept connections", StringComparison.OrdinalIgnoreCase))
                ready.TrySetResult();
        }
    }

    private static string SocketIn(TemporaryFolder folder) => Path.Join(folder.Path, "redis.sock");
}
