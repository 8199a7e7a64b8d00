namespace SnakeHost.Gateway.Apps;

/// <summary>What is to be profiled.</summary>
/// <param name="IsCpu">Processor time, so that threads which wait do not count; else time as it passes.</param>
internal sealed record ProfileOrder(double Seconds, bool IsCpu)
{
    public const string Wall = "wall", Cpu = "cpu";

    public string Mode => IsCpu ? Cpu : Wall;
}
