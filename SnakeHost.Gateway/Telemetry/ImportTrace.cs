using System.Diagnostics;

namespace SnakeHost.Gateway.Telemetry;

/// <summary>The span of a load, as far as Python is concerned: what the app logs belongs to it, and slow modules become spans below it.</summary>
internal sealed class ImportTrace
{
    private readonly Activity _span;
    private readonly List<ActivityContext> _contexts = [];

    private ImportTrace(Activity span) => _span = span;

    /// <summary>The span as a <c>traceparent</c>.</summary>
    public string TraceParent => _span.Id!;

    /// <summary>Null when the load is not traced.</summary>
    public static ImportTrace? Current =>
        Activity.Current is { Recorded: true } span && ReferenceEquals(span.Source, SnakeHostTelemetry.Source) ? new ImportTrace(span) : null;

    /// <summary>A module; those that it is imported by come before it.</summary>
    /// <param name="start">When its import began, in nanoseconds since 1970.</param>
    /// <param name="duration">How long it took, with what it imports, in nanoseconds.</param>
    /// <param name="self">How long it took without, in nanoseconds.</param>
    /// <param name="parent">The index of the module that it was imported by, of those that were added; -1 for none.</param>
    /// <param name="lazily">Whether it was imported lazily (PEP 810), and used before the load's end.</param>
    public void Add(string name, long start, long duration, long self, int parent, bool lazily)
    {
        var began = DateTime.UnixEpoch.AddTicks(start / 100);
        using var span = SnakeHostTelemetry.Source.StartActivity(
            SnakeHostTelemetry.Spans.Module, ActivityKind.Internal, parent < 0 ? _span.Context : _contexts[parent], startTime: began);
        _contexts.Add(span?.Context ?? _span.Context);
        if (span is null)
            return;
        span.DisplayName = $"import {name}";
        span.SetTag(SnakeHostTelemetry.Attributes.Tenant, _span.GetTagItem(SnakeHostTelemetry.Attributes.Tenant));
        span.SetTag(SnakeHostTelemetry.Attributes.Generation, _span.GetTagItem(SnakeHostTelemetry.Attributes.Generation));
        span.SetTag(SnakeHostTelemetry.Attributes.Module, name);
        span.SetTag(SnakeHostTelemetry.Attributes.SelfMs, self / 1e6);
        if (lazily)
            span.SetTag(SnakeHostTelemetry.Attributes.Lazy, true);
        span.SetEndTime(began.AddTicks(Math.Max(1, duration / 100)));
    }
}
