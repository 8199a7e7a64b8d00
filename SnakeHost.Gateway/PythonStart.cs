using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Runtime;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway;

/// <summary>The interpreter's start, beside the building of the host: each takes about as long as the other.</summary>
/// <remarks>
/// Of two failures the host's is told: whoever builds it disposes of this without asking <see cref="Finish"/>. The process does not leave
/// before the interpreter's start has ended, for leaving in the midst of it can crash.
/// </remarks>
internal sealed class PythonStart : IDisposable
{
    private readonly TaskCompletionSource<AppOutput> _output = new();
    private readonly Task<(PythonRuntime Interpreter, RuntimePackage Package)> _start;

    private PythonStart(PythonOptions options) => _start = Task.Run(() => PythonHost.Start(options, () => _output.Task.GetAwaiter().GetResult()));

    public static PythonStart Begin(PythonOptions options) => new(options);

    /// <summary>Says where the output of apps goes, as soon as that is known; apps are loaded after <see cref="Finish"/>.</summary>
    public void Provide(AppOutput output) => _output.SetResult(output);

    /// <summary>Waits for the interpreter.</summary>
    /// <exception cref="PythonUnavailableException">No interpreter can be embedded.</exception>
    public (PythonRuntime Interpreter, RuntimePackage Package) Finish() => _start.GetAwaiter().GetResult();

    public void Dispose()
    {
        _output.TrySetCanceled();
        ((IAsyncResult)_start).AsyncWaitHandle.WaitOne();
        // Looked at: what is told is the host's failure.
        _ = _start.Exception;
    }
}
