using System.Runtime.InteropServices;
using SnakeHost.AppHost;
using SnakeHost.AppHost.Tenants;

Console.WriteLine("The Aspire packages are not in use here: starting the gateway by itself, without the Aspire dashboard.");

using var stop = new CancellationTokenSource();
// The gateway is told to stop, and this process ends when the gateway has.
void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);

var gateway = GatewayCommand.Find(AppContext.BaseDirectory);
if (gateway is null)
{
    Console.Error.WriteLine($"SnakeHost.Gateway.dll is not beside {AppContext.BaseDirectory}: build the solution first.");
    return 1;
}
return await new Launcher(gateway, AppsFolder.Find(Environment.CurrentDirectory, AppContext.BaseDirectory), Console.Out).RunAsync(args, stop.Token);
