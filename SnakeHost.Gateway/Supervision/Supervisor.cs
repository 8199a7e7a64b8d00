using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SnakeHost.Gateway.Admin;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Launch;
using SnakeHost.Gateway.Routing;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Supervision;

/// <summary>
/// The process that starts several gateways at the same addresses (<c>--workers</c>), ends them, and speaks for all of them. It serves no request and embeds no Python: so no app can make it
/// hang or crash.
/// </summary>
internal static class Supervisor
{
    private const string Terminal = "/dev/tty";

    /// <summary>Serves until the process is told to stop.</summary>
    /// <param name="worker">How one of the gateways is started.</param>
    /// <param name="commandLine">The command line.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="ConfigurationException">A key or a value cannot be used.</exception>
    public static async Task<int> RunAsync(Func<ProcessStartInfo> worker, CommandLineResult commandLine)
    {
        var builder = HostBuilding.Create(() => CreateBuilder(commandLine));
        builder.Configuration.AddInMemoryCollection(commandLine.Settings);
        builder.ConfigureOpenTelemetry();
        var options = OptionsReader.Read(builder.Configuration, builder.Environment.ContentRootPath);
        _ = RouteTable.Create(options);
        if (!OperatingSystem.IsLinux())
            throw new ConfigurationException($"SnakeHost:Workers is '{options.Workers}': several gateways at one address need Linux.");

        using var host = builder.Build();
        var loggers = host.Services.GetRequiredService<ILoggerFactory>();
        FormerNames.Warn(options, loggers.CreateLogger<FormerNames>());
        var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        using var held = HeldAddresses.Take(options.Addresses);
        using var folder = new SharedFolder();
        var events = new TenantEvents(TimeProvider.System);
        var output = new OutputHistory(TimeProvider.System);
        var handedOver = new HandedOver();
        using var pool = new WorkerPool(
            worker,
            options.Workers,
            held.Listen,
            RandomNumberGenerator.GetHexString(32, lowercase: true),
            folder,
            options.Reload.Grace == Timeout.InfiniteTimeSpan ? Timeout.InfiniteTimeSpan : options.Drain + options.Reload.Grace,
            new WorkerFollower(new MergedEvents(events), output, handedOver),
            loggers.CreateLogger<WorkerPool>());
        await using var admin = options.Admin.Address is { } address
            ? AdminServer.Create(options.Admin, address, new MergedTenants(pool, events, output, handedOver), host.Services, measures: false)
            : null;
        if (admin is not null)
            await admin.StartAsync();
        await host.StartAsync();
        Lifeline.Attach(lifetime);
        var terminal = HasTerminal();
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            // Sent by the kernel when the terminal closes, as to any program there.
            if (terminal && !HasTerminal())
                lifetime.StopApplication();
            else
                pool.Restart();
        });

        // The host stops on it, too.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            signal.Cancel = true;
            pool.Hurry();
        });
        var stopped = lifetime.ApplicationStopping.Register(() => _ = pool.StopAsync());
        await using (stopped)
        {
            if (await pool.StartAsync() is { } exitCode)
                return exitCode;
            Console.WriteLine($"SnakeHost is listening on {string.Join(' ', held.Urls)} (admin {admin?.Address ?? "off"}) with {options.Workers} workers");
            await host.WaitForShutdownAsync();
        }

        var isOrderly = await pool.StopAsync();
        events.Complete();
        output.Complete();
        return isOrderly ? 0 : 1;
    }

    /// <summary>With the configuration and the logging that the gateway has.</summary>
    private static HostApplicationBuilder CreateBuilder(CommandLineResult commandLine)
    {
        var configuration = new ConfigurationManager();
        configuration.AddEnvironmentVariables("ASPNETCORE_");
        return new HostApplicationBuilder(new HostApplicationBuilderSettings
        {
            Args = [.. commandLine.HostArguments],
            ContentRootPath = ContentRoot.Find(),
            Configuration = configuration,
        });
    }

    private static bool HasTerminal()
    {
        try
        {
            using var terminal = File.OpenHandle(Terminal);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
