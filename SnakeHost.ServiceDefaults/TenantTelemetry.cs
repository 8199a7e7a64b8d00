using System.Diagnostics;
using OpenTelemetry.Logs;
using OpenTelemetry.Resources;

namespace SnakeHost.ServiceDefaults;

/// <summary>Whose a span, a log record or a measurement is, and under which resource it goes out.</summary>
internal static class TenantTelemetry
{
    /// <summary>On spans and on log records that were made with it.</summary>
    public const string Attribute = "snakehost.tenant";

    /// <summary>The same in message templates, whose holes are named as C# parameters.</summary>
    public const string LogHole = "Tenant";

    /// <summary>The gateway's own source of spans, and the one meter whose measurements can be a tenant's.</summary>
    public const string Source = "SnakeHost";

    /// <summary>The meters of tenants. Another name than the gateway's: who listens to that would count each measurement twice.</summary>
    public const string Meter = $"{Source}.Tenants";

    /// <summary>The metric that tells routes.</summary>
    public const string RequestDuration = "snakehost.request.duration";

    /// <summary>OpenTelemetry's name for the process.</summary>
    public const string Instance = "service.instance.id";

    /// <summary>Null for the process's own.</summary>
    public static string? Of(Activity span) => span.GetTagItem(Attribute) as string;

    /// <summary>Null for the process's own.</summary>
    public static string? Of(LogRecord record)
    {
        if (record.Attributes is not { } attributes)
            return null;
        for (var i = 0; i < attributes.Count; i++)
        {
            if (attributes[i] is { Key: Attribute or LogHole, Value: string tenant })
                return tenant;
        }

        return null;
    }

    /// <summary>Null for the process's own.</summary>
    public static string? Of(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == Attribute)
                return tag.Value as string;
        }

        return null;
    }

    /// <summary>
    /// The process's resource under the tenant's name. Without an instance: a dashboard would take it for another replica of the app than
    /// the one that it shows.
    /// </summary>
    public static ResourceBuilder Resource(Resource process, string? tenant)
    {
        var builder = ResourceBuilder.CreateEmpty();
        return tenant is null
            ? builder.AddAttributes(process.Attributes)
            : builder
                .AddAttributes(process.Attributes.Where(attribute => attribute.Key is not ("service.name" or Instance or "service.version")))
                .AddAttributes([new("service.name", ServiceNames.Of(tenant))]);
    }
}
