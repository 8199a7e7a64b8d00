using System.Text.Json;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Images;

/// <summary>The image as an operator runs it: a user without rights, nothing writable but /tmp, no capabilities, 256 MB. It has no network but its own loopback, so requests come from inside.</summary>
public sealed class ImageTests(ImageFixture image) : IClassFixture<ImageFixture>, IDisposable
{
    private const string App =
        """
        import os, subprocess, tempfile

        def app(environ, start_response):
            path = environ["PATH_INFO"]
            if path == "/orphan":
                # Its parent is gone before anybody has waited for it.
                text = subprocess.run(["sh", "-c", "true & echo $!"], stdout=subprocess.PIPE, text=True).stdout
            elif path == "/write":
                with tempfile.TemporaryFile() as file:
                    file.write(b"x")
                try:
                    open("/app/x", "w")
                    text = "written"
                except OSError as error:
                    text = error.strerror
            else:
                text = f"uid {os.getuid()} as {os.path.expanduser('~')}, parent {os.getppid()}"
                print("a line of the app's")
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [text.strip().encode()]
        """;

    private const string Client =
        """
        import sys, urllib.request
        request = urllib.request.Request("http://127.0.0.1:9080" + sys.argv[2], headers={"Host": sys.argv[1]})
        print(urllib.request.urlopen(request).read().decode())
        """;

    /// <summary>The states of all processes but those that ask, by id.</summary>
    private const string Processes =
        """
        import glob
        for path in glob.glob("/proc/[0-9]*/stat"):
            try:
                print(path.split("/")[2], open(path).read().rpartition(")")[2].split()[0])
            except OSError:
                pass
        """;

    /// <summary>All files below a folder; of an environment those at its top.</summary>
    private const string Files =
        """
        import os, sys
        for folder, folders, files in os.walk(sys.argv[1]):
            if folder.endswith(".venv"):
                folders.clear()
            for file in files:
                print(os.path.relpath(os.path.join(folder, file), sys.argv[1]))
        """;

    /// <summary>By default podman gives more than it may have itself.</summary>
    private static readonly string[] s_limits = ["--ulimit", "nofile=4096", "--ulimit", "nproc=4096"];

    /// <summary>Of a machine that is busy with other tests; nothing here is a matter of time.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private readonly TemporaryFolder _apps = new();

    public void Dispose() => _apps.Dispose();

    [Fact]
    public async Task ItServesAMountedFolder_WithoutRights_AndEndsInOrder()
    {
        Assert.SkipWhen(image.Missing is not null, image.Missing ?? "");
        _apps.File("shared/main.py", App);
        _apps.File("apart/main.py", App);
        var container = await RunAsync("--read-only", "--tmpfs", "/tmp", "--memory", "256m", "--env", "SnakeHost__Routes__0__Host=shared.localhost", "--env", "SnakeHost__Routes__0__WorkingDirectory=shared",
            "--env", "SnakeHost__Routes__1__Host=apart.localhost", "--env", "SnakeHost__Routes__1__WorkingDirectory=apart", "--env", "SnakeHost__Routes__1__Isolation=process",
            "--env", "Logging__Console__FormatterName=json");
        await HealthyAsync(container);

        Assert.StartsWith("uid 1654 as /home/app, ", await GetAsync(container, "shared.localhost"), StringComparison.Ordinal);
        Assert.StartsWith("uid 1654 as /home/app, ", await GetAsync(container, "apart.localhost"), StringComparison.Ordinal);
        Assert.Equal("Read-only file system", await GetAsync(container, "shared.localhost", "/write"));
        Assert.Equal("Healthy", await GetAsync(container, "10.1.2.3", "/health"));
        Assert.Equal("268435456", await image.PodmanAsync("exec", container, "sh", "-c", "cat /sys/fs/cgroup/memory.max 2> /dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes"));

        // The Python half is compiled, or each start would do it.
        Assert.Equal("", await image.PodmanAsync("exec", container, "python3", "-c", "import glob, importlib.util, os; print(*(file for file in glob.glob('/app/snakehost/*.py') if not os.path.exists(importlib.util.cache_from_source(file))))"));

        // Process 1 takes what nobody has waited for.
        var orphan = await GetAsync(container, "shared.localhost", "/orphan");
        await Eventually.Async(async () => Assert.DoesNotContain($"{orphan} ", await image.PodmanAsync("exec", container, "python3", "-c", Processes), StringComparison.Ordinal), s_patience);

        Assert.Equal(0, await StopAsync(container));
        var lines = (await image.PodmanAsync("logs", container)).Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Contains(lines, line => line.GetProperty("Message").GetString()!.Contains("a line of the app's", StringComparison.Ordinal));
    }

    /// <summary>As some platforms run each image, and where nobody has thought of a folder for temporary files. The shared library is what Python's own images have.</summary>
    [Fact]
    public async Task AnyUser_WithNothingToWriteTo_WillDo()
    {
        Assert.SkipWhen(image.Missing is not null, image.Missing ?? "");
        _apps.File("shared/main.py", App);
        var container = await RunAsync("--read-only", "--read-only-tmpfs=false", "--user", "12345:0", "--env", "SnakeHost__Python__Embedding=Library");
        await HealthyAsync(container);
        Assert.StartsWith("uid 12345 as ", await GetAsync(container, "shared.localhost"), StringComparison.Ordinal);
        Assert.Equal(0, await StopAsync(container));

        Assert.Contains("snakehost [command] [options]", await image.PodmanAsync(["run", "--rm", .. s_limits, "--network", "none", "--read-only", "snakehost", "--help"]), StringComparison.Ordinal);
        var (exitCode, _, errors) = await image.TryPodmanAsync(["run", "--rm", .. s_limits, "--network", "none", "--env", "SnakeHost__Listn=:80", "snakehost"]);
        Assert.Equal((2, true), (exitCode, errors.Contains("did you mean", StringComparison.Ordinal)));
    }

    /// <summary>As docs/deployment.md says, with this repository's .dockerignore.</summary>
    [Fact]
    public async Task AppsInTheImage_HaveTheImagesEnvironment_AndAllOfTheirFoldersButWhatIsThisMachines()
    {
        Assert.SkipWhen(image.Missing is not null, image.Missing ?? "");
        var page = await File.ReadAllTextAsync(Path.Join(RepositoryFolder.Path, "docs", "deployment.md"), TestContext.Current.CancellationToken);
        _apps.File("Dockerfile", page.Split("```dockerfile\n")[1].Split("```")[0]);
        File.Copy(Path.Join(RepositoryFolder.Path, ".dockerignore"), Path.Join(_apps.Path, ".dockerignore"));
        foreach (var name in new[] { "requirements.txt", "main.py", "bin/tool", "obj/mesh", ".env", ".venv/of-this-machine" })
            _apps.File($"shop/{name}", "");
        await image.PodmanAsync(["build", "--quiet", "--layers=false", "--format", "docker", "--pull=never", "--network", "none", .. s_limits, "--tag", "shop", _apps.Path]);
        var files = (await image.PodmanAsync(["run", "--rm", .. s_limits, "--network", "none", "--entrypoint", "python3", "shop", "-c", Files, "/apps/shop"])).Split('\n');
        Assert.Equal([".venv/pyvenv.cfg", "bin/tool", "main.py", "obj/mesh", "requirements.txt"], files.Except([".venv/.gitignore"]).Order(StringComparer.Ordinal));
    }

    private Task<string> RunAsync(params string[] options)
    {
        // Another user than the test's reads there.
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_apps.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        }

        return image.PodmanAsync(
            ["run", "--detach", .. s_limits, "--network", "none", "--cap-drop", "all", "--security-opt", "no-new-privileges", "--volume", $"{_apps.Path}:/apps:ro", .. options, "snakehost"]);
    }

    /// <summary>By the image's own HEALTHCHECK.</summary>
    private Task HealthyAsync(string container) => Eventually.Async(
        async () =>
        {
            var (exitCode, output, errors) = await image.TryPodmanAsync("healthcheck", "run", container);
            Assert.True(exitCode == 0, $"{output}{errors}{await image.PodmanAsync("logs", container)}");
        },
        s_patience);

    private Task<string> GetAsync(string container, string host, string path = "/") => image.PodmanAsync("exec", container, "python3", "-c", Client, host, path);

    /// <summary>SIGTERM; whoever has not ended after that long is killed, which is another exit code.</summary>
    private async Task<int> StopAsync(string container)
    {
        await image.PodmanAsync("stop", "--time", s_patience.TotalSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture), container);
        return int.Parse(await image.PodmanAsync("inspect", "--format", "{{.State.ExitCode}}", container), System.Globalization.CultureInfo.InvariantCulture);
    }
}
