using System.Net.Sockets;
using SnakeHost.Gateway;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Launch;
using SnakeHost.Gateway.Listening;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Workers;
using SnakeHost.ServiceDefaults;

if (args is [WorkerProcess.Option, var socket, var interpreter])
{
    ConsoleWriter.Install();
    if (InterpreterProcess.Description is not null)
        MainThread.RunMainLoop(() => WorkerServer.RunAsync(socket, interpreter));
    return WorkerServer.RunAsync(socket, interpreter).GetAwaiter().GetResult();
}

// First of all: it does not come back where the gateway is to run inside Python's program, which starts it again.
var expected = InterpreterProcess.Enter(args);

ConsoleWriter.Install();
var commandLine = CommandLine.Parse(args);
if (commandLine.ExitCode is { } done)
    return done;
if (InterpreterProcess.Description is not null)
    MainThread.RunMainLoop(RunAsync);
return RunAsync().GetAwaiter().GetResult();

async Task<int> RunAsync()
{
    try
    {
        SocketSettings.Apply();
        using var python = PythonStart.Begin(expected);
        await using var gateway = GatewayServer.Create(commandLine, python);
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
