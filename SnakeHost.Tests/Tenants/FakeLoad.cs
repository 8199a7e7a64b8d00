using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Tenants;

/// <summary>A load that ends when the test says so.</summary>
internal sealed class FakeLoad(TenantSpecification specification, int generation, CancellationToken token)
{
    private readonly TaskCompletionSource<IPythonApplication> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TenantSpecification Specification { get; } = specification;

    public int Generation { get; } = generation;

    public CancellationToken Token { get; } = token;

    public FakeApplication Application { get; } = new();

    public Task<IPythonApplication> Task => _completion.Task;

    public FakeApplication Succeed()
    {
        _completion.SetResult(Application);
        return Application;
    }

    public void Fail(Exception exception) => _completion.SetException(exception);

    /// <summary>Reacts to cancellation as a well-behaved loader does.</summary>
    public void StopWhenCancelled() => Token.Register(() => _completion.TrySetCanceled(Token));
}
