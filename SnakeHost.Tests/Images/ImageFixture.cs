using System.Diagnostics;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Images;

/// <summary>The image of the Dockerfile, as <c>eng/image</c> builds it, and podman to run it.</summary>
public sealed class ImageFixture : IAsyncLifetime
{
    /// <summary>What <c>eng/image</c> ends with where a machine cannot build images.</summary>
    private const int CannotBuild = 77;

    private readonly TemporaryFolder _folder = new();

    /// <summary>Why there is no image; null where there is.</summary>
    public string? Missing { get; private set; }

    public async ValueTask InitializeAsync()
    {
        var (exitCode, output, errors) = await TryAsync(Path.Join(RepositoryFolder.Path, "eng", "image"), "--storage", _folder.Path);
        if (exitCode == CannotBuild)
            Missing = errors.Trim();
        else
            Assert.True(exitCode == 0, output + errors);
    }

    /// <summary>What podman prints, on success.</summary>
    internal async Task<string> PodmanAsync(params string[] arguments)
    {
        // Without systemd podman complains of that in its errors, and does all the same what it is asked to.
        var (exitCode, output, errors) = await TryPodmanAsync(arguments);
        return exitCode == 0 ? output.Trim() : throw new InvalidOperationException($"podman {string.Join(' ', arguments)} ended with {exitCode}.\n{output}{errors}");
    }

    internal Task<(int ExitCode, string Output, string Errors)> TryPodmanAsync(params string[] arguments) =>
        TryAsync("podman", ["--root", Path.Join(_folder.Path, "storage"), "--runroot", Path.Join(_folder.Path, "run"), "--tmpdir", Path.Join(_folder.Path, "tmp"), "--runtime", "runc", "--cgroup-manager", "cgroupfs", .. arguments]);

    public async ValueTask DisposeAsync()
    {
        if (Missing is null)
            await PodmanAsync("rm", "--all", "--force", "--time", "0");
        // podman keeps a mount there, and what it has start at a container's end makes it anew.
        await Eventually.Async(async () =>
        {
            await TryAsync("umount", Path.Join(_folder.Path, "storage", "overlay"));
            try
            {
                _folder.Dispose();
            }
            catch (IOException e)
            {
                Assert.Fail(e.Message);
            }
        }, TimeSpan.FromMinutes(5));
    }

    private static async Task<(int ExitCode, string Output, string Errors)> TryAsync(string program, params string[] arguments)
    {
        using var process = ChildProcess.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true });
        process.StandardInput.Close();
        // Ended in its midst it would leave mounts behind.
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(20));
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(deadline.Token), process.StandardError.ReadToEndAsync(deadline.Token));
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
