using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Tests.Telemetry;

/// <summary>Not beside other tests: these listen, and here nobody must.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class NobodyListens;

[Collection(typeof(NobodyListens))]
public sealed class RequestAllocationTests
{
    private readonly DefaultHttpContext _context = new();
    private readonly IdleApplication _app = new();
    private readonly MeasuredRoutes _routes = new();

    [Fact]
    public void WhereNobodyListens_ARequestAllocatesNothing()
    {
        // Code that the JIT has not optimised yet may box: what counts is where it settles.
        Assert.Contains(Enumerable.Range(0, 50).Select(_ => Allocated(10_000)), bytes => bytes <= 1000);
        Assert.False(_app.WasMeasured);
    }

    [Fact]
    public void WhereSomebodyListens_ItIsMeasured()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == SnakeHostTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);

        Allocated(1);

        Assert.True(_app.WasMeasured);
    }

    private long Allocated(int times)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var time = 0; time < times; time++)
            Assert.True(RequestTelemetry.AnswerAsync(_app, _context, "notes", 1, _routes, trace: null).IsCompletedSuccessfully);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private sealed class IdleApplication : IPythonApplication
    {
        public bool WasMeasured { get; private set; }

        public string App => "main:app";

        public InterfaceKind Interface => InterfaceKind.Wsgi;

        public int Modules => 0;

        public int QueueLength => 0;

        public Task HandleAsync(HttpContext context, RequestMeasure? measure)
        {
            WasMeasured |= measure is not null;
            return Task.CompletedTask;
        }

        public Task EndAsync(TimeSpan grace) => Task.CompletedTask;
    }
}
