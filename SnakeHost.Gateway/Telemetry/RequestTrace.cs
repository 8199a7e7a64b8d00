using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SnakeHost.Gateway.Telemetry;

/// <summary>
/// A request's place in its trace, where traces are exported: which it is, whether it is recorded, and its span if it is. The decision comes before the span, so that most requests of a busy
/// tenant have none. One that turns out to have failed, or to be slow, gets it then, with the time at which it began.
/// </summary>
/// <remarks>One thread after the other has it.</remarks>
internal sealed class RequestTrace
{
    private const int TraceIdLength = 16;
    private const int SpanIdLength = 8;
    private const string Template = "00-00000000000000000000000000000000-0000000000000000-00";

    private static readonly object s_made = new();

    private readonly HttpContext _context;
    private readonly TraceSampler _sampler;
    private readonly ActivityContext _caller;
    private readonly long _began = Stopwatch.GetTimestamp();
    private TenantTraces? _traces;
    private TraceShare _share;
    private Decision _decision;
    private bool _isKept;
    private bool _isEnded;

    private RequestTrace(HttpContext context, TraceSampler sampler)
    {
        (_context, _sampler) = (context, sampler);
        var headers = context.Request.Headers;
        if (headers.TraceParent.Count == 1)
            ActivityContext.TryParse(headers.TraceParent, headers.TraceState, isRemote: true, out _caller);
    }

    private enum Decision
    {
        Open,

        /// <summary>It has its span.</summary>
        Recorded,

        /// <summary>There are too many like it.</summary>
        LeftOut,

        /// <summary>By the caller, by <c>OTEL_TRACES_SAMPLER</c>, or because it is nobody's: whatever becomes of it.</summary>
        Refused,
    }

    private bool IsRefusedByCaller => _caller != default && (_caller.TraceFlags & ActivityTraceFlags.Recorded) == 0;

    /// <summary>The request's span, of kind server; null while it is not recorded.</summary>
    public Activity? Span { get; private set; }

    /// <summary>What the app continues (<c>traceparent</c> of W3C Trace Context, 3.2), which says whether it is recorded; null before the decision, and for nobody's request.</summary>
    public string? TraceParent { get; private set; }

    /// <summary>The same, for log records that are made where the span is not the current one.</summary>
    public ActivityContext Context => ActivityContext.TryParse(TraceParent, null, out var own) ? own : default;

    /// <summary>Whoever answers it calls <see cref="End"/>.</summary>
    public bool IsEndedByOther { get; set; }

    public static RequestTrace Begin(HttpContext context, TraceSampler sampler)
    {
        var trace = new RequestTrace(context, sampler);
        context.Features.Set(trace);
        return trace;
    }

    /// <summary>Null where no traces are exported.</summary>
    public static RequestTrace? Of(HttpContext context) => context.Features.Get<RequestTrace>();

    /// <summary>The trace id by which logs, error pages and traces name a request: its trace's; where there is none, the client's own; else one made up for this request.</summary>
    public static string Id(HttpContext context)
    {
        var own = Of(context);
        // Whoever names it without a tenant answers it without one.
        own?.Decide(null);
        if (ActivityContext.TryParse(own?.TraceParent ?? Activity.Current?.Id ?? context.Request.Headers.TraceParent, null, out var known))
            return known.TraceId.ToHexString();
        if (context.Items[s_made] is not string made)
            context.Items[s_made] = made = ActivityTraceId.CreateRandom().ToHexString();
        return made;
    }

    /// <summary>Decides, if that has not been done. What is started from here on is below the span, if there is one.</summary>
    /// <param name="traces">Of the tenant whose request it is; null for no tenant's.</param>
    public void Decide(TenantTraces? traces)
    {
        if (_decision != Decision.Open)
            return;
        _traces = traces ?? _sampler.Own;
        if (IsDecidedElsewhere())
            return;
        _share = _traces.Rate.Count(_began, _sampler.PerSecond);
        if (_caller != default || _share.IsAll)
        {
            _share = TraceShare.All;
            Record(_caller);
            return;
        }

        Span<byte> ids = stackalloc byte[TraceIdLength + SpanIdLength];
        Random.Shared.NextBytes(ids);
        var traceId = ids[..TraceIdLength];
        if (_share.Has(BinaryPrimitives.ReadUInt64BigEndian(traceId[SpanIdLength..])))
        {
            Record(new ActivityContext(ActivityTraceId.CreateFromBytes(traceId), default, ActivityTraceFlags.Recorded));
            return;
        }

        (_decision, TraceParent) = (Decision.LeftOut, Unrecorded(ids));
        TellState(null);
    }

    /// <summary>Has it recorded however many there are, if its caller does not mind: it has to wait for what is worth a trace.</summary>
    public void Want()
    {
        if (_decision == Decision.Open && !IsDecidedElsewhere())
            Record(_caller);
    }

    /// <summary>It is nobody's: somebody looks whether the gateway is there.</summary>
    public void Drop()
    {
        if (_decision == Decision.Open)
            _decision = Decision.Refused;
    }

    /// <summary>It has failed, or is slow: records it, if it was left out only because there are so many.</summary>
    /// <param name="reason">One of <see cref="Reasons"/>.</param>
    /// <returns>Its span; null when it is not recorded.</returns>
    public Activity? Keep(string reason)
    {
        if (_decision == Decision.LeftOut)
        {
            var told = Context;
            Record(new ActivityContext(told.TraceId, default, ActivityTraceFlags.Recorded), told.SpanId);
        }

        if (Span is not { } span)
            return null;
        // For log records of whoever calls this; it may have been made further down.
        Activity.Current = span;
        if (_share.IsAll || _isKept)
            return span;
        _isKept = true;
        span.AddTag(SnakeHostTelemetry.Attributes.Kept, reason);
        // It stands for itself alone.
        span.TraceStateString = TraceShare.Certain;
        return span;
    }

    /// <summary>Tells how long the app took for it.</summary>
    /// <returns>Whether that is slow, among those of its tenant.</returns>
    public bool IsSlow(TimeSpan duration) => _traces?.Slowest.Add(duration, Stopwatch.GetTimestamp()) == true;

    /// <summary>It has been answered. Later calls do nothing.</summary>
    /// <param name="exception">Came in an answer's place, or broke it off; null too for one that the span knows.</param>
    public void End(Exception? exception)
    {
        if (_isEnded)
            return;
        _isEnded = true;
        Decide(null);
        if (exception is not null || _context.Response.StatusCode >= StatusCodes.Status500InternalServerError)
            Keep(Reasons.Failed);
        if (Span is not { } span)
            return;
        HttpSpan.End(span, _context.Response, exception);
        span.Stop();
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_spanId")]
    private static extern ref string? IdOf(Activity span);

    /// <summary>Gives a span the id that the app and the log know it by.</summary>
    private static void Rename(Activity span, ActivitySpanId id)
    {
        try
        {
            IdOf(span) = id.ToHexString();
        }
        catch (MissingFieldException)
        {
            // .NET gives no other way to choose it, but for an Activity for each request that is left out. A .NET without this field costs the id alone, so that the app's logs do not find
            // the span: the request's answer does not depend on it.
        }
    }

    /// <summary>The app gets this <c>tracestate</c>: that of a client whose trace is not continued says nothing of this one.</summary>
    private void TellState(string? state)
    {
        var headers = _context.Request.Headers;
        if (state is not null || headers.TraceState.Count > 0)
            headers.TraceState = state;
    }

    /// <param name="ids">Of the trace, and of the request.</param>
    private static string Unrecorded(ReadOnlySpan<byte> ids) => string.Create(Template.Length, ids, static (text, ids) =>
    {
        Template.CopyTo(text);
        Convert.TryToHexStringLower(ids[..TraceIdLength], text[3..], out _);
        Convert.TryToHexStringLower(ids[TraceIdLength..], text[(4 + (2 * TraceIdLength))..], out _);
    });

    private bool IsDecidedElsewhere()
    {
        if (_sampler.IsStandard)
            Record(_caller);
        else if (IsRefusedByCaller)
            Refuse(null);
        return _decision != Decision.Open;
    }

    /// <param name="id">That the app has been told; default for one that it has not been told yet.</param>
    private void Record(ActivityContext parent, ActivitySpanId id = default)
    {
        // It would be above a span that has no parent.
        Activity.Current = null;
        var request = _context.Request;
        var span = SnakeHostTelemetry.Source.StartActivity(HttpSpan.Name(request), ActivityKind.Server, parent, startTime: DateTimeOffset.UtcNow - Stopwatch.GetElapsedTime(_began));
        if (span is not { IsAllDataRequested: true, Recorded: true })
        {
            Refuse(span);
            return;
        }

        if (!_sampler.IsStandard)
            span.TraceStateString = _caller == default ? _share.State : TraceState.Consistent(_caller.TraceState, span.TraceId);
        if (id == default)
            TellState(span.TraceStateString);
        else
            Rename(span, id);
        (_decision, Span, TraceParent) = (Decision.Recorded, span, span.Id);
        HttpSpan.Begin(span, request);
        if (!_share.IsAll)
            span.AddTag(SnakeHostTelemetry.Attributes.SamplingRate, _share.Rate);
    }

    /// <param name="span">Of which nothing is recorded.</param>
    private void Refuse(Activity? span)
    {
        _decision = Decision.Refused;
        span?.Stop();
        if (IsRefusedByCaller)
        {
            TraceParent = _context.Request.Headers.TraceParent;
            return;
        }

        TellState(_caller.TraceState);
        if (span is not null)
            TraceParent = span.Id;
        else if (_caller != default)
        {
            Span<byte> ids = stackalloc byte[TraceIdLength + SpanIdLength];
            Random.Shared.NextBytes(ids);
            _caller.TraceId.CopyTo(ids);
            TraceParent = Unrecorded(ids);
        }
    }

    /// <summary>Why a request is recorded that would have been left out.</summary>
    public static class Reasons
    {
        public const string Failed = "failed";
        public const string Slow = "slow";
    }
}
