using System.Collections;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SnakeHost.Tests.Harness;

/// <summary>A started gateway process and what it prints. Says nothing yet of whether it will ever listen.</summary>
internal sealed class GatewayRun : IAsyncDisposable
{
    private const int SigHup = 1;
    private const int SigInt = 2;
    private const int SigKill = 9;
    private const int SigTerm = 15;
    private const int SigContinue = 18;
    private const int SigStop = 19;

    // Variables of the machine that would hide or cause failures: stale bytecode, foreign module paths, other listeners.
    private static readonly string[] s_unwanted = ["PYTHON", "ASPNETCORE_", "DOTNET_ENVIRONMENT", "SNAKEHOST", "VIRTUAL_ENV", "TESTINGPLATFORM_"];

    private readonly Process _process;
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("snakehost-cwd-");

    private GatewayRun(ProcessStartInfo start)
    {
        // An empty folder of its own: whatever a tenant opens by a relative name is not found here by chance.
        if (start.WorkingDirectory.Length == 0)
            start.WorkingDirectory = _directory.FullName;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Add(line.Data);
        _process.ErrorDataReceived += (_, line) => Add(line.Data, Errors);
        ChildProcess.Start(_process);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Everything printed, both streams.</summary>
    public OutputLines Output { get; } = new();

    /// <summary>What was printed on stderr alone.</summary>
    public OutputLines Errors { get; } = new();

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public static GatewayRun Start(GatewaySettings settings)
    {
        var python = settings.Python is null ? default : InstalledPythons.Parse(settings.Python);
        var program = settings.Program ?? (python.Executable is null ? GatewaySettings.ByDotNet : [python.Executable, GatewayLocation.Script]);
        string[] command = [.. settings.Through, .. program, .. settings.CommandLine(), .. python.IsProcess ? ["--isolation", "process"] : Array.Empty<string>()];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = settings.CurrentDirectory ?? "",
        };
        foreach (var name in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => (string)entry.Key))
        {
            if (s_unwanted.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
                start.Environment.Remove(name);
        }

        // It ends with the test run, however that ends: the kernel closes the other end of its standard input.
        start.Environment["SNAKEHOST_LIFELINE"] = "stdin";
        start.Environment["DOTNET_ENVIRONMENT"] = settings.EnvironmentName;
        // Most live for a few requests: to measure and to compile anew what they call often is a third of the processor time of a test run.
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_TC_CallCountThreshold"] = "2000";
        // Of dozens that wait for their next request each wakes a few times a second: spinning before it sleeps again, on processors that others have, took a tenth.
        start.Environment["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0";
        // A tenth of a start: pages of compiled code are mapped twice, for writing and for running, for the sake of attacks.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        if (python.Executable is { } executable)
            start.Environment["SnakeHost__Python__Executable"] = executable;
        foreach (var (name, value) in settings.Environment)
            start.Environment[name] = value;
        return new GatewayRun(start);
    }

    /// <summary>What a failing test has to say of the process: whether it lives, and what it printed last.</summary>
    public string Describe()
    {
        var state = _process.HasExited ? $"has exited with code {_process.ExitCode}" : "is running";
        return $"The gateway (pid {Id}) {state}. It printed last:\n{string.Join('\n', Output.All.TakeLast(60))}";
    }

    /// <summary>Waits for the end of the process and of its output.</summary>
    public async Task<int> WaitForExitAsync(TimeSpan? within = null)
    {
        using var deadline = new CancellationTokenSource(within ?? TimeSpan.FromSeconds(120));
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"It did not exit in time. {Describe()}");
        }
    }

    /// <summary>Asks it to stop as a service manager would.</summary>
    public void Terminate() => Assert.Equal(0, SendSignal(Id, SigTerm));

    /// <summary>Asks it to stop as somebody at a terminal would.</summary>
    public void Interrupt() => Assert.Equal(0, SendSignal(Id, SigInt));

    public void HangUp() => Assert.Equal(0, SendSignal(Id, SigHup));

    /// <summary>Keeps it from running, until <see cref="Resume"/>.</summary>
    public void Suspend() => Assert.Equal(0, SendSignal(Id, SigStop));

    public void Resume() => Assert.Equal(0, SendSignal(Id, SigContinue));

    /// <summary>Ends it as the kernel would when it is out of memory.</summary>
    public void Kill() => Assert.Equal(0, SendSignal(Id, SigKill));

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Assert.Equal(0, SendSignal(Id, SigStop)); // lest a pool of an app's starts another worker for one that has been ended
            var children = ProcFiles.Descendants(Id);
            _process.Kill();
            // A resource tracker ends by itself when the others have, and unlinks their semaphores.
            foreach (var child in children.Where(static child => !ProcFiles.CommandLine(child).Contains("multiprocessing.resource_tracker", StringComparison.Ordinal)))
                _ = SendSignal(child, SigKill);
            await _process.WaitForExitAsync(); // and for the end of the output, which the children write to
        }

        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    private void Add(string? line, OutputLines? also = null)
    {
        if (line is null)
            return;
        also?.Add(line);
        Output.Add(line);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int SendSignal(int process, int signal);
}
