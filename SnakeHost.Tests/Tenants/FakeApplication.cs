using Microsoft.AspNetCore.Http;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Tests.Tenants;

/// <summary>An application that knows whether it has been disposed, and how often.</summary>
internal sealed class FakeApplication : IPythonApplication
{
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _disposals;

    public string App => "main:app";

    public InterfaceKind Interface => InterfaceKind.Wsgi;

    public int Modules => 3;

    public int QueueLength => 0;

    public bool IsDebugged { get; set; }

    public bool IsHeld { get; set; }

    public int Disposals => Volatile.Read(ref _disposals);

    /// <summary>Completes when disposal has begun.</summary>
    public Task Disposed => _disposed.Task;

    /// <summary>What disposal waits for.</summary>
    public Task DisposalGate { get; set; } = Task.CompletedTask;

    public Task HandleAsync(HttpContext context, RequestMeasure? measure) => throw new NotSupportedException();

    /// <summary>What disposal was given to end in.</summary>
    public TimeSpan? Grace { get; private set; }

    public async Task EndAsync(TimeSpan grace)
    {
        Grace = grace;
        Interlocked.Increment(ref _disposals);
        _disposed.TrySetResult();
        await DisposalGate;
    }
}
