using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SnakeHost.Gateway.Packages;

namespace SnakeHost.Hosting;

/// <summary>The dashboard's button that makes a tenant's virtual environment, or brings it up to date. The tenant's console, or its installer's, has the output.</summary>
internal static partial class PackageCommand
{
    public static Func<ExecuteCommandContext, Task<ExecuteCommandResult>> InstallAsync(PythonTenantResource tenant) => async context =>
    {
        try
        {
            return TenantInstallers.Find(tenant) is { } installer
                ? await RestartAsync(tenant, installer, context.Services, context.CancellationToken)
                : await RunAsync(tenant, context.Services.GetRequiredService<ResourceLoggerService>().GetLogger(tenant), context.CancellationToken);
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            return CommandResults.Canceled();
        }
    };

    /// <summary>A tenant with an installer has it run once more.</summary>
    private static async Task<ExecuteCommandResult> RestartAsync(PythonTenantResource tenant, PythonInstallerResource installer, IServiceProvider services, CancellationToken cancellationToken)
    {
        var notifications = services.GetRequiredService<ResourceNotificationService>();
        var before = notifications.TryGetCurrentState(installer.Name, out var last) ? last.Snapshot.StartTimeStamp : null;
        if (before is null || last!.Snapshot.ExitCode is not null)
        {
            var started = await services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync(installer, KnownResourceCommands.StartCommand, cancellationToken);
            if (!started.Success)
                return started;
        }
        else
        {
            // One that runs already is waited for.
            before = null;
        }

        var ended = await notifications.WaitForResourceAsync(
            installer.Name, now => now.Snapshot.ExitCode is not null && (before is null || now.Snapshot.StartTimeStamp != before), cancellationToken);
        return ended.Snapshot.ExitCode == 0
            ? await InstalledAsync(tenant, $"The packages of {tenant.Name} are installed.", cancellationToken)
            : CommandResults.Failure($"The packages of {tenant.Name} could not be installed: the console of {installer.Name} says why.");
    }

    private static async Task<ExecuteCommandResult> RunAsync(PythonTenantResource tenant, ILogger console, CancellationToken cancellationToken)
    {
        var (python, arguments) = TenantInstallers.Command(tenant, tenant.VirtualEnvironment);
        var last = "";
        var problem = await SyncProcess.RunAsync(
            python,
            arguments,
            line =>
            {
                last = line;
                Log.Line(console, LogLevel.Information, line);
            },
            cancellationToken);
        if (problem is null)
            return await InstalledAsync(tenant, last, cancellationToken);
        Log.Line(console, LogLevel.Error, problem);
        return CommandResults.Failure(problem);
    }

    /// <summary>A gateway that does not follow files, or not yet, is told.</summary>
    private static async Task<ExecuteCommandResult> InstalledAsync(PythonTenantResource tenant, string sentence, CancellationToken cancellationToken)
    {
        try
        {
            using var admin = await GatewayFollower.ConnectAsync(tenant.Parent, cancellationToken);
            if (await admin.ReloadAsync(tenant.Id, cancellationToken) is { Error: { } error })
                return CommandResults.Failure($"{sentence} But it cannot be loaded: {error.Type}: {error.Message}");
        }
        catch (HttpRequestException)
        {
            // It does not serve yet, or no more; its next load has the packages.
        }

        return CommandResults.Success(sentence, JsonSerializer.Serialize(new { tenant = tenant.Id, outcome = "installed", message = sentence }), CommandResultFormat.Json);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 12, Message = "{Text}")]
        public static partial void Line(ILogger logger, LogLevel level, string text);
    }
}
