using System.Globalization;

namespace SnakeHost.Gateway.Telemetry;

/// <summary>
/// The share of requests that are recorded, as OpenTelemetry has it ("TraceState: Probability Sampling"): a trace is left out whose id's last 56 bits are below a threshold. Of that,
/// the first 20 bits are enough here.
/// </summary>
/// <param name="rejected">The threshold, out of <see cref="Whole"/>.</param>
internal readonly struct TraceShare(int rejected)
{
    private const int Bits = 20;
    private const int Whole = 1 << Bits;

    /// <summary>Every request.</summary>
    public static TraceShare All => default;

    /// <summary>The <c>tracestate</c> of what is recorded in any case.</summary>
    public const string Certain = "ot=th:0";

    public bool IsAll => rejected == 0;

    /// <summary>1 for every request.</summary>
    public double Rate => 1 - ((double)rejected / Whole);

    /// <summary>The field of <c>tracestate</c> by which others tell how many requests a recorded one stands for.</summary>
    public string State => rejected == 0 ? Certain : $"ot=th:{rejected.ToString("x5", CultureInfo.InvariantCulture).TrimEnd('0')}";

    public static TraceShare Of(double rate) => new((int)Math.Clamp(Whole - Math.Round(rate * Whole), 0, Whole));

    /// <param name="traceId">The last 64 bits of it.</param>
    public bool Has(ulong traceId) => (int)((traceId >> (56 - Bits)) & (Whole - 1)) >= rejected;
}
