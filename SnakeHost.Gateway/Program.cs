using System.Net.Sockets;
using SnakeHost.Gateway;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Commands;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Interop;
using SnakeHost.Gateway.Launch;
using SnakeHost.Gateway.Listening;
using SnakeHost.Gateway.Supervision;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Workers;
using SnakeHost.ServiceDefaults;

if (args is [WorkerProgram.Option, var socket, var interpreter])
{
    ConsoleWriter.Install(isShared: true);
    if (InterpreterProcess.Description is not null)
        MainThread.RunMainLoop(() => LeaveAsync(WorkerServer.RunAsync(socket, interpreter)));
    return LeaveAsync(WorkerServer.RunAsync(socket, interpreter)).GetAwaiter().GetResult();
}

var worker = WorkerRole.Take();
// Its supervisor stops it by SIGINT, which is ignored in what a script runs in the background.
if (worker is not null)
    LibC.Handle(LibC.InterruptSignal, LibC.DefaultHandler);
// What has been entered has been here before.
var early = (InterpreterProcess.Description is null || InterpreterProcess.IsBegun) && !CommandLine.EndsAtOnce(args) ? EarlyConfiguration.Read(args) : null;
var isSupervisor = worker is null && early is { Workers: > 1 };
// It does not come back where the gateway is to run in another program, which starts it again.
if (early is not null && !isSupervisor)
    InterpreterProcess.Enter(args, early.Python);

if (worker is not null)
    WorkerEnd.Begin(worker);
ConsoleWriter.Install(isShared: worker is not null || isSupervisor);
var commandLine = CommandLine.Parse(args);
if (commandLine.ExitCode is { } done)
    return done;
if (commandLine.Task is { } task)
    return CommandRunner.Run(task, commandLine);
if (InterpreterProcess.Description is not null)
    MainThread.RunMainLoop(() => LeaveAsync(RunAsync()));
return LeaveAsync(RunAsync()).GetAwaiter().GetResult();

// An exit in order takes away what a library's exit function that does not return still uses: the process would crash.
static async Task<int> LeaveAsync(Task<int> program)
{
    var exitCode = await program;
    if (PythonRuntime.IsStopping)
    {
        ConsoleWriter.Finish();
        LibC.Exit(exitCode);
    }

    return exitCode;
}

async Task<int> RunAsync()
{
    try
    {
        if (isSupervisor)
        {
            var repeated = InterpreterProcess.Repeat(args, early!.Python);
            return await Supervisor.RunAsync(() => OwnProgram.CreateStart(InterpreterProcess.Choose(early.Python), repeated), commandLine);
        }

        SocketSettings.Apply();
        using var python = PythonStart.Begin(early?.Python);
        await using var gateway = GatewayServer.Create(commandLine, python, worker);
        await gateway.RunAsync();
        return 0;
    }
    catch (Exception e) when (e is ConfigurationException or TelemetrySettingsException)
    {
        await Console.Error.WriteLineAsync(e.Message);
        return CommandLine.UsageError;
    }
    catch (Exception e) when (e is PythonUnavailableException or IOException or SocketException or InvalidDataException or UnauthorizedAccessException)
    {
        await Console.Error.WriteLineAsync(e.Message);
        return 1;
    }
}
