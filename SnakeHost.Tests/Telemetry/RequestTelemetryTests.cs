using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Tests.Telemetry;

/// <summary>Listens to the whole process: looks only at a tenant of its own name.</summary>
public sealed class RequestTelemetryTests : IDisposable
{
    private readonly string _tenant = $"routes-{Guid.NewGuid():N}";
    private readonly MeasuredRoutes _routes = new();
    private readonly ActivityListener _listener = new()
    {
        ShouldListenTo = source => source.Name == SnakeHostTelemetry.Name,
        Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
    };

    public RequestTelemetryTests() => ActivitySource.AddActivityListener(_listener);

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task OfATenantWithManyRoutes_MetricsTellTheFirst()
    {
        var measured = new ConcurrentQueue<string?>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == SnakeHostTelemetry.Name && instrument.Name == "snakehost.request.duration")
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            var all = tags.ToArray().ToDictionary();
            if (_tenant.Equals(all[SnakeHostTelemetry.Attributes.Tenant]))
                measured.Enqueue((string?)all.GetValueOrDefault(SnakeHostTelemetry.Attributes.Route));
        });
        listener.Start();

        await Parallel.ForAsync(0, MeasuredRoutes.Most * 10, TestContext.Current.CancellationToken, async (i, _) => await AnswerAsync(new DefaultHttpContext(), $"/{i / 5}", said: null));

        Assert.Equal(MeasuredRoutes.Most, measured.Distinct().Count(route => route is not null));
        Assert.Equal(MeasuredRoutes.Most * 10, measured.Count);
        await AnswerAsync(new DefaultHttpContext(), measured.First(route => route is not null), said: null);
        Assert.NotNull(measured.Last());
    }

    [Theory]
    [InlineData("""{"attributes":{},"events":[{"name":"x","time":1.5e18,"attributes":{}}],"isError":false,"description":null}""")]
    [InlineData("""{"attributes":{},"events":[],"isError":true,"description":404}""")]
    [InlineData("no JSON")]
    public async Task WhatCannotBeReadOfWhatAnAppSaysOfItsSpan_IsDropped(string said)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = "GET";
        var trace = RequestTrace.Begin(context, new TraceSampler(100, IsStandard: false));
        trace.Decide(null);

        await AnswerAsync(context, "/orders", said);

        Assert.Equal(("GET /orders", ActivityStatusCode.Unset), (trace.Span!.DisplayName, trace.Span.Status));
    }

    private Task AnswerAsync(HttpContext context, string? route, string? said) =>
        RequestTelemetry.AnswerAsync(new TellingApplication(route, said), context, _tenant, 1, _routes, RequestTrace.Of(context));

    private sealed class TellingApplication(string? route, string? said) : IPythonApplication
    {
        public string App => "main:app";

        public InterfaceKind Interface => InterfaceKind.Wsgi;

        public int Modules => 0;

        public int QueueLength => 0;

        public Task HandleAsync(HttpContext context, RequestMeasure? measure)
        {
            measure!.Note(route, error: null, said);
            return Task.CompletedTask;
        }

        public Task EndAsync(TimeSpan grace) => Task.CompletedTask;
    }
}
