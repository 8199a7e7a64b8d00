using System.Diagnostics;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Gateway.Tenants;

/// <summary>Fills spans, which are null when nobody listens.</summary>
internal static class TenantSpans
{
    public static void Describe(this Activity? span, Generation generation)
    {
        if (span is null)
            return;
        span.SetTag(SnakeHostTelemetry.Attributes.Tenant, generation.Tenant.Id);
        span.SetTag(SnakeHostTelemetry.Attributes.Generation, generation.Number);
    }

    public static void Describe(this Activity? span, ReloadReason reason)
    {
        if (span is null)
            return;
        span.SetTag(SnakeHostTelemetry.Attributes.Trigger, reason.Trigger.ToString());
        if (reason.ChangedFiles.Count > 0)
            span.SetTag(SnakeHostTelemetry.Attributes.ChangedFiles, reason.ChangedFiles.ToArray());
    }

    /// <summary>Status Error and an <c>exception</c> event, which carries Python's traceback if there is one.</summary>
    public static void Fail(this Activity? span, Exception exception)
    {
        if (span is null)
            return;
        var error = TenantErrors.From(exception);
        SpanErrors.Set(span, error.Type, error.Message, error.Traceback ?? exception.ToString());
    }
}
