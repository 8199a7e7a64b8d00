using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Commands;

/// <summary>What <c>snakehost doctor</c> says of machines that are whole and of those that are not.</summary>
public sealed class DoctorTests : IDisposable
{
    // Free ports: others listen on those that are the default.
    private static readonly string[] s_ports = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];

    private readonly TemporaryFolder _folder = new();

    public DoctorTests() => _folder.File("shop/main.py");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AWholeMachine_HasNoProblem()
    {
        var (exitCode, output) = await RunAsync([.. s_ports, $"--SnakeHost:Python:Executable={InstalledPythons.Default}"]);

        Assert.True(exitCode == 0, output);
        Assert.Contains($"ok       Python       {InstalledPythons.VersionOf(InstalledPythons.Default)} (", output, StringComparison.Ordinal);
        Assert.Contains($"ok       apps         1 in {_folder.Path}: shop", output, StringComparison.Ordinal);
        Assert.Contains("ok       inotify ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("PROBLEM", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutPython_ItSaysSo()
    {
        var (exitCode, output) = await RunAsync([.. s_ports, "--SnakeHost:Python:Executable=/no/such/python3"]);

        Assert.Equal(1, exitCode);
        Assert.Contains("PROBLEM  Python       SnakeHost:Python:Executable '/no/such/python3' cannot be started (", output, StringComparison.Ordinal);
        Assert.Contains("install Python 3.10 to 3.15, or name a python3", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutASharedLibrary_ItNamesThePackage()
    {
        var python = _folder.File("python3", "#!/bin/sh\nprintf 'cpython\\0003.11.2\\000%s\\000' \"$0\"\n");
        await PythonProcess.ProgramAsync("chmod", "+x", python);

        var (exitCode, output) = await RunAsync([.. s_ports, $"--SnakeHost:Python:Executable={python}"]);

        Assert.Equal(1, exitCode);
        Assert.Contains($"PROBLEM  Python       SnakeHost:Python:Executable '{python}' (Python 3.11.2) has no shared library: install it (Debian and Ubuntu: apt-get install libpython3.11)", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APortThatIsTaken_IsNamedWithItsProcess()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        var (exitCode, output) = await RunAsync(["--listen", listener.LocalEndpoint.ToString()!, "--admin", "off"]);

        Assert.Equal(1, exitCode);
        Assert.Contains($"PROBLEM  public       {listener.LocalEndpoint} is taken by ", output, StringComparison.Ordinal);
        Assert.Contains($"(process {Environment.ProcessId}): end that, or choose another by --listen.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutAnInotifyInstance_ItTellsTheLimitToRaise()
    {
        const string None = "echo 0 > /proc/sys/user/max_inotify_instances && exec \"$@\"";
        var (refused, _) = await RunProgramAsync("unshare", "-Ur", "sh", "-c", None, "sh", "true");
        Assert.SkipUnless(refused == 0, "This system gives nobody a user namespace.");

        var (exitCode, output) = await CommandRun.RunAsync(_folder.Path, ["doctor", .. s_ports], through: ["unshare", "-Ur", "sh", "-c", None, "sh"]);

        Assert.True(exitCode == 0, output);
        Assert.Contains("warning  inotify      this user has no instance left: sysctl fs.inotify.max_user_instances=", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EnvironmentsAreLookedAt()
    {
        _folder.File("shop/.venv/pyvenv.cfg", "home = /no/such/bin\nversion = 3.11.2\n");
        _folder.File("blog/main.py");
        _folder.File("blog/requirements.txt", "flask\n");

        var (exitCode, output) = await RunAsync(s_ports);

        Assert.Equal(1, exitCode);
        Assert.Contains($"PROBLEM  shop         The virtual environment {_folder.Path}/shop/.venv was made with a Python 3.11 that is no longer there (/no/such/bin): make it again", output, StringComparison.Ordinal);
        Assert.Contains($"warning  blog         it has a requirements.txt and no virtual environment: dotnet {GatewayLocation.Assembly} sync {_folder.Path}/blog\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CertificatesAreLookedAt()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=shop.example", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var old = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-30), DateTimeOffset.UtcNow.AddDays(-1));
        using var fresh = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(300));
        string[] files = [_folder.File("old.pem", old.ExportCertificatePem()), _folder.File("new.pem", fresh.ExportCertificatePem()), _folder.File("broken.pem", "x")];
        var keyFile = _folder.File("key.pem", key.ExportPkcs8PrivateKeyPem());

        var (exitCode, output) = await RunAsync(
            ["--listen", "https://127.0.0.1:0", "--admin", "off", .. files.SelectMany(file => new[] { "--cert", file, "--key", keyFile, "--domain", "shop.example" })]);

        Assert.Equal(1, exitCode);
        Assert.Contains($"PROBLEM  certificate  {files[0]} has expired (", output, StringComparison.Ordinal);
        Assert.Contains($"ok       certificate  {files[1]} is valid until ", output, StringComparison.Ordinal);
        Assert.Contains($"PROBLEM  certificate  {files[2]}, with the key {keyFile}, cannot be used: ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnArgumentThatCannotBeUsed_IsASentence_AndExitCode2()
    {
        var (exitCode, output) = await RunAsync(["--threads", "many"]);
        Assert.Equal((2, "--threads is 'many': it must be a whole number from 1 to 1024."), (exitCode, output.Trim()));
    }

    private Task<(int ExitCode, string Output)> RunAsync(string[] arguments) => CommandRun.RunAsync(_folder.Path, ["doctor", .. arguments]);

    private static async Task<(int ExitCode, string Output)> RunProgramAsync(string program, params string[] arguments)
    {
        if (!PythonProcess.IsInstalled(program))
            return (-1, "");
        using var process = ChildProcess.Start(new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true });
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, "");
    }
}
