using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.CPython;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway;

/// <summary>The interpreter's start, beside the building of the host: each takes about as long as the other.</summary>
/// <remarks>
/// It begins before the configuration has been read, as far as that goes: with the interpreter that is in the process already, or with looking for the one that is expected.
/// If both fail, the host's error is reported: whoever builds the host disposes of this without asking <see cref="Finish"/>. The process does not leave
/// before the interpreter's start has ended, for leaving in the midst of it can crash.
/// </remarks>
internal sealed class PythonStart : IDisposable
{
    private readonly TaskCompletionSource<PythonOptions> _options = new();
    private readonly TaskCompletionSource<IAppOutput> _output = new();
    private readonly Task<PythonHost> _start;

    private PythonStart(PythonOptions? expected) =>
        _start = Task.Run(() => PythonHost.Start(expected, () => _options.Task.GetAwaiter().GetResult(), () => _output.Task.GetAwaiter().GetResult()));

    /// <param name="expected">Which interpreter will be configured; null when that is not known.</param>
    public static PythonStart Begin(PythonOptions? expected) => new(expected);

    /// <summary>Says which interpreter is configured, once what configuration alone decides has been decided.</summary>
    public void Configure(PythonOptions options) => _options.SetResult(options);

    /// <summary>Says where the output of apps goes, as soon as that is known; apps are loaded after <see cref="Finish"/>.</summary>
    public void Provide(IAppOutput output) => _output.SetResult(output);

    /// <summary>Waits for the interpreter.</summary>
    /// <exception cref="PythonUnavailableException">No interpreter can be embedded.</exception>
    public PythonHost Finish() => _start.GetAwaiter().GetResult();

    public void Dispose()
    {
        _options.TrySetCanceled();
        _output.TrySetCanceled();
        ((IAsyncResult)_start).AsyncWaitHandle.WaitOne();
        if (_start.IsCompletedSuccessfully)
            _start.Result.Interpreter.WaitUntilComplete();
        // Looked at: what is told is the host's failure.
        _ = _start.Exception;
    }
}
