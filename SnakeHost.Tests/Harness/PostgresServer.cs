using System.Diagnostics;

namespace SnakeHost.Tests.Harness;

/// <summary>A PostgreSQL of Debian's, with an empty database in a folder of its own, at a socket in that folder.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>It refuses to run as root; Debian's package makes this one for it.</summary>
    private const string User = "postgres";

    private readonly TemporaryFolder _folder;
    private readonly Process _process;
    private readonly Task _errors;

    private PostgresServer(TemporaryFolder folder, Process process, Task errors) => (_folder, _process, _errors) = (folder, process, errors);

    /// <summary>Why there is none; null where there is.</summary>
    public static string? Missing => Programs is null ? "PostgreSQL is not installed (Debian's package postgresql)." : null;

    public string ConnectionString => $"host={_folder.Path} user={User} dbname=postgres";

    /// <summary>Debian has them beside each other, by version, and not in the PATH.</summary>
    private static string? Programs { get; } = Directory.Exists("/usr/lib/postgresql")
        ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(static version => Path.Join(version, "bin")).FirstOrDefault(static bin => File.Exists(Path.Join(bin, "postgres")) && File.Exists(Path.Join(bin, "initdb")))
        : null;

    /// <summary>Returns when it accepts connections.</summary>
    public static async Task<PostgresServer> StartAsync()
    {
        var folder = new TemporaryFolder();
        var data = Path.Join(folder.Path, "data");
        if (Environment.IsPrivilegedProcess)
            await PythonProcess.ProgramAsync("chown", User, folder.Path);
        await RunAsync("initdb", "--pgdata", data, "--username", User, "--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync");
        var process = ChildProcess.Start(Program("postgres", "-D", data, "-k", folder.Path, "-h", "", "-F"));
        process.StandardInput.Close();
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var errors = ReadAsync(process, ready);
        if (await Task.WhenAny(ready.Task, errors) == errors)
            throw new InvalidOperationException("PostgreSQL has ended before it was ready.");
        return new PostgresServer(folder, process, errors);
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("pg_ctl", "stop", "--pgdata", Path.Join(_folder.Path, "data"), "--mode", "immediate");
        await _process.WaitForExitAsync();
        await _errors;
        _process.Dispose();
        _folder.Dispose();
    }

    /// <summary>It goes on writing there as long as it runs.</summary>
    private static async Task ReadAsync(Process process, TaskCompletionSource ready)
    {
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            if (line.Contains("ready to accept connections", StringComparison.Ordinal))
                ready.TrySetResult();
        }
    }

    private static Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = Program(program, arguments);
        return PythonProcess.ProgramAsync(start.FileName, [.. start.ArgumentList]);
    }

    private static ProcessStartInfo Program(string name, params string[] arguments)
    {
        var program = Path.Join(Programs, name);
        return Environment.IsPrivilegedProcess
            ? Redirected("setpriv", [$"--reuid={User}", "--regid=nogroup", "--clear-groups", "--", program, .. arguments])
            : Redirected(program, arguments);
    }

    private static ProcessStartInfo Redirected(string program, string[] arguments) => new(program, arguments) { RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = "/" };
}
