using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.Workers;

/// <summary>What a worker is started with.</summary>
/// <param name="Python">The path of the interpreter's program.</param>
/// <param name="Order">Names the sockets by what is put behind <paramref name="Socket"/>.</param>
/// <param name="Socket">The beginning of the paths of its sockets.</param>
/// <param name="Output">Is told what the app prints and logs.</param>
/// <param name="Opened">Is told which files the app opens.</param>
/// <param name="Host">A process that is there and loads it beside other generations; null for a process of its own.</param>
/// <param name="Broken">Is told of answers that have failed when their response had started.</param>
/// <param name="Slow">Is told of requests that wait for too long.</param>
internal sealed record WorkerStart(
    string Python, WorkerMessage.Order Order, WorkerProgram? Host, string Socket, IAppOutput Output, Action<WorkerMessage.Opened> Opened, Action<WorkerMessage.Broken> Broken, Action<WorkerMessage.Slow> Slow);
