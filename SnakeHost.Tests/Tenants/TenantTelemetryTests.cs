using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Tenants;
using SnakeHost.Tests.Harness;
using Tenant = SnakeHost.Gateway.Tenants.Tenant;

namespace SnakeHost.Tests.Tenants;

/// <summary>Listens to the whole process: looks only at tenants of its own names.</summary>
public sealed class TenantTelemetryTests : IAsyncDisposable
{
    private readonly string _folder = $"telemetry-{Guid.NewGuid():N}";
    private readonly RecordingLogger<TenantRegistry> _logger = new();
    private readonly TenantFixture _fixture;
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ActivityListener _listener;

    public TenantTelemetryTests()
    {
        _fixture = new TenantFixture { Logger = _logger };
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == SnakeHostTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public async ValueTask DisposeAsync()
    {
        await _fixture.DisposeAsync();
        _listener.Dispose();
    }

    private Activity[] Spans => [.. _spans.Where(span => _folder.Equals(span.GetTagItem(SnakeHostTelemetry.Attributes.Tenant)))];

    private async Task<Tenant> LoadAsync()
    {
        var request = _fixture.AcquireAsync(_folder);
        (await _fixture.Loader.NextAsync()).Succeed();
        using var lease = await request;
        return lease.Tenant;
    }

    [Fact]
    public async Task TheFirstImportIsASpanOfTheRequestThatNeededIt()
    {
        using var request = new Activity("request") { ActivityTraceFlags = ActivityTraceFlags.Recorded }.Start();

        await LoadAsync();

        var import = Assert.Single(Spans);
        Assert.Equal(("tenant.import", request.SpanId), (import.OperationName, import.ParentSpanId));
        Assert.Equal(1, import.GetTagItem(SnakeHostTelemetry.Attributes.Generation));
    }

    [Fact]
    public async Task AReloadIsASpanWithItsStepsAndTheChangedFiles()
    {
        var tenant = await LoadAsync();
        using var events = _fixture.Registry.Events.Subscribe();
        var reload = _fixture.Registry.ReloadAsync(tenant, ReloadReason.Files("main.py"), TenantFixture.Cancel);
        (await _fixture.Loader.NextAsync()).Succeed();
        await reload;
        await TenantFixture.ExpectAsync(events, TenantEventKind.Disposed);
        await _fixture.Registry.DisposeAsync();

        var span = Assert.Single(Spans, span => span.OperationName == "tenant.reload");
        Assert.Equal(["main.py"], (string[])span.GetTagItem(SnakeHostTelemetry.Attributes.ChangedFiles)!);
        Assert.Equal(["drain", "import", "swap"], Spans.Where(child => child.ParentSpanId == span.SpanId).Select(child => child.OperationName).Order());
        var evict = Assert.Single(Spans, span => span.OperationName == "tenant.evict");
        Assert.Equal("Shutdown", evict.GetTagItem(SnakeHostTelemetry.Attributes.EvictReason));
    }

    [Fact]
    public async Task AFailedImportIsAnErrorWithPythonsTraceback()
    {
        var request = _fixture.AcquireAsync(_folder);
        (await _fixture.Loader.NextAsync()).Fail(TenantFixture.Broken());
        await Assert.ThrowsAsync<TenantLoadException>(() => request);

        var span = Assert.Single(Spans);
        Assert.Equal(ActivityStatusCode.Error, span.Status);
        var exception = Assert.Single(span.Events, one => one.Name == "exception").Tags.ToDictionary();
        Assert.Equal("ModuleNotFoundError", exception["exception.type"]);
        Assert.StartsWith("Traceback", (string)exception["exception.stacktrace"]!, StringComparison.Ordinal);
        Assert.Contains(_logger.Entries, entry => entry.Level == LogLevel.Error && entry.Message.Contains("main.py:3", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ALoadThatIsGivenUpIsReported_NowAndWhenItEnds()
    {
        var request = _fixture.AcquireAsync(_folder);
        var load = await _fixture.Loader.NextAsync();
        using var events = _fixture.Registry.Events.Subscribe();
        await _fixture.Clock.PassAsync(_fixture.Options.LoadTimeout);
        await Assert.ThrowsAsync<TenantLoadTimeoutException>(() => request);
        Assert.Equal(_fixture.Options.LoadTimeout, (await TenantFixture.ExpectAsync(events, TenantEventKind.TimedOut)).Duration);
        Assert.Contains(_logger.Entries, entry => entry is { Level: LogLevel.Warning, Id: 204 } && entry.Message.Contains("120 s", StringComparison.Ordinal));

        await load.Succeed().Disposed;
        SpinWait.SpinUntil(() => _logger.Entries.Any(entry => entry.Id == 205), TimeSpan.FromSeconds(30));
        Assert.Contains(_logger.Entries, entry => entry is { Level: LogLevel.Warning, Id: 205 });
    }

    [Fact]
    public async Task LoadsAndReloadsAreMeasuredWithTheirOutcome()
    {
        var measured = new ConcurrentQueue<(string Name, double Value, string? Outcome)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == SnakeHostTelemetry.Name)
                self.EnableMeasurementEvents(instrument);
        };
        void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var all = tags.ToArray().ToDictionary();
            if (_folder.Equals(all.GetValueOrDefault(SnakeHostTelemetry.Attributes.Tenant)))
                measured.Enqueue((instrument.Name, value, (string?)all[SnakeHostTelemetry.Attributes.Outcome]));
        }

        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.Start();

        var tenant = await LoadAsync();
        var reload = _fixture.Registry.ReloadAsync(tenant, ReloadReason.Manual, TenantFixture.Cancel);
        var load = await _fixture.Loader.NextAsync();
        _fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        load.Fail(TenantFixture.Broken());
        await reload;

        Assert.Equal(
            [
                ("snakehost.import.duration", 0.0, "loaded"), ("snakehost.import.duration", 2.0, "failed"),
                ("snakehost.reload.duration", 2.0, "failed"), ("snakehost.reloads", 1.0, "failed"),
            ],
            measured);
    }
}
