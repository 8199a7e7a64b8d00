using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.Workers;

/// <summary>Passes on to the gateway what a worker's app prints and logs.</summary>
internal sealed class WorkerOutput(ControlChannel control) : IAppOutput
{
    public void WriteLine(string generation, string stream, string line, string? traceParent) => control.Post(new WorkerMessage.Line(generation, stream, line, traceParent));

    public void WriteRecord(PythonRecord record) => control.Post(new WorkerMessage.Record(record));
}
