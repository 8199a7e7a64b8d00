namespace SnakeHost.Gateway.Telemetry;

/// <summary>Is told what apps print and log. Called by Python with the GIL held: must be quick.</summary>
internal interface IAppOutput
{
    /// <param name="generation">As <c>notes#2</c>.</param>
    /// <param name="stream"><c>stdout</c> or <c>stderr</c>.</param>
    /// <param name="line">Without its line feed.</param>
    /// <param name="traceParent">The span that the code belongs to, or null.</param>
    void WriteLine(string generation, string stream, string line, string? traceParent);

    /// <summary>A record of Python's <c>logging</c>.</summary>
    void WriteRecord(PythonRecord record);
}
