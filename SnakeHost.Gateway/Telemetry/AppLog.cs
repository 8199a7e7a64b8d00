using System.Collections;
using System.Diagnostics;
using SnakeHost.ServiceDefaults;

namespace SnakeHost.Gateway.Telemetry;

/// <summary>The state of a log call made for an app: its attributes, its text for the console, its body for a collector.</summary>
internal sealed class AppLog : IReadOnlyList<KeyValuePair<string, object?>>, IRecordedLog
{
    private readonly List<KeyValuePair<string, object?>> _attributes = new(8);
    private readonly string _tenant;
    private readonly string _channel;
    private readonly string _text;
    private readonly string? _traceParent;

    /// <param name="generation">As <c>notes#2</c>.</param>
    /// <param name="channel">Where it came from, for the console.</param>
    /// <param name="text">For the console.</param>
    /// <param name="body">For a collector.</param>
    /// <param name="traceParent">The span that the code belongs to, or null.</param>
    public AppLog(string generation, string channel, string text, string body, string? traceParent)
    {
        _tenant = TenantOf(generation);
        _channel = channel;
        _text = text;
        Body = body;
        _traceParent = traceParent;
        Add(SnakeHostTelemetry.Attributes.Tenant, _tenant);
        if (_tenant.Length < generation.Length && int.TryParse(generation.AsSpan(_tenant.Length + 1), out var version))
            Add(SnakeHostTelemetry.Attributes.Generation, version);
    }

    /// <summary>Of <c>notes#2</c>, <c>notes</c>.</summary>
    public static string TenantOf(string generation)
    {
        var number = generation.LastIndexOf('#');
        return number < 0 ? generation : generation[..number];
    }

    public string Body { get; }

    public ActivityContext Trace => ActivityContext.TryParse(_traceParent, null, out var trace) ? trace : default;

    public int Count => _attributes.Count;

    public KeyValuePair<string, object?> this[int index] => _attributes[index];

    public void Add(string name, object? value) => _attributes.Add(new(name, value));

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => _attributes.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => $"{_tenant} {_channel}: {_text}";
}
