using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Runtime;
using SnakeHost.Gateway.Workers;
using SnakeHost.ServiceDefaults;

namespace SnakeHost.Gateway;

/// <summary>A worker with a debugger: it loads the generations of one app beside each other, so that an editor that has attached stays attached over a reload.</summary>
internal static class DebugServer
{
    /// <param name="socket">The path of the gateway's end of <paramref name="control"/>.</param>
    /// <param name="control">The process's own channel; each generation has another one.</param>
    /// <param name="messages">What is still to come on it.</param>
    public static async Task<int> RunAsync(string socket, ControlChannel control, IAsyncEnumerator<WorkerMessage> messages, WorkerMessage.Debug start, PythonHost python)
    {
        using var host = BuildHost(start);
        // Once for the process: each generation's own would tell the spans of all.
        await host.StartAsync();
        new GilWatch(host.Services.GetRequiredService<ILogger<GilWatch>>()).Start();
        if (start.FollowsFiles)
            RuntimePackage.FollowFiles(file => control.Post(new WorkerMessage.Opened(file.File, file.IsChanged)));
        var held = 0;
        var starting = Task.Factory.StartNew(
            () => RuntimePackage.Debug(start.Venv, change =>
            {
                // With the GIL, so one after the other.
                var before = held;
                held += change;
                if (before == 0 || held == 0)
                    control.Post(new WorkerMessage.Held(held > 0));
            }),
            TaskCreationOptions.LongRunning);
        var next = messages.MoveNextAsync().AsTask();
        // A debugger that hangs while it starts outlives nobody.
        if (await Task.WhenAny(starting, next) == next && !await next)
            WorkerServer.KillWhenOrphaned();
        var (port, problem) = await starting;
        control.Post(problem is null ? new WorkerMessage.Debugging(port) : new WorkerMessage.Failed(null, problem));
        var editor = start.Waits ? Task.Factory.StartNew(RuntimePackage.WaitForEditor, TaskCreationOptions.LongRunning) : Task.CompletedTask;
        var generations = new List<Task>();
        var isEnding = false;
        for (; !isEnding && await next; next = messages.MoveNextAsync().AsTask())
        {
            switch (messages.Current)
            {
                case WorkerMessage.Open open:
                    generations.RemoveAll(static generation => generation.IsCompleted);
                    generations.Add(WorkerServer.ServeGuestAsync(open.Socket, python, editor));
                    break;
                case WorkerMessage.End:
                    isEnding = true;
                    break;
            }
        }

        if (!isEnding)
            WorkerServer.KillWhenOrphaned();
        await Task.WhenAll(generations);
        if (!isEnding)
            WorkerFolder.LeaveOrphaned(socket);
        await WorkerServer.FinishAsync(python);
        await host.StopAsync();
        return 0;
    }

    private static IHost BuildHost(WorkerMessage.Debug start)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        WorkerServer.Configure(builder, start.Settings);
        builder.ConfigureOpenTelemetry();
        return builder.Build();
    }
}
