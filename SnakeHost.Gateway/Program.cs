using SnakeHost.Gateway;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;
using SnakeHost.ServiceDefaults;

var commandLine = CommandLine.Parse(args);
if (commandLine.ExitCode is { } done)
    return done;

try
{
    await using var gateway = GatewayServer.Create(commandLine);
    await gateway.RunAsync();
    return 0;
}
catch (Exception e) when (e is ConfigurationException or TelemetrySettingsException)
{
    await Console.Error.WriteLineAsync(e.Message);
    return CommandLine.UsageError;
}
catch (Exception e) when (e is PythonUnavailableException or IOException)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
