using Microsoft.Net.Http.Headers;

namespace SnakeHost.Gateway.ErrorPages;

/// <summary>Proactive negotiation, RFC 9110 section 12.5.1.</summary>
internal static class ErrorFormatNegotiation
{
    // In the order that decides when the client prefers none: curl and fetch() say "*/*".
    private static readonly ErrorFormat[] s_offers = [ErrorFormat.Text, ErrorFormat.Html, ErrorFormat.Json];

    /// <summary>
    /// The most specific range that covers a format gives its quality; the format of the highest quality wins, then the one named
    /// more specifically, then the one named first. With nothing acceptable the answer is text: an error is better than a 406.
    /// </summary>
    public static ErrorFormat Choose(IList<string?> accept)
    {
        if (!MediaTypeHeaderValue.TryParseList([.. accept.OfType<string>()], out var ranges))
            return ErrorFormat.Text;
        return s_offers
            .Select((format, order) => (Format: format, Order: order, Match: BestMatch(ranges, format)))
            .Where(offer => offer.Match.Quality > 0)
            .OrderByDescending(offer => offer.Match.Quality)
            .ThenByDescending(offer => offer.Match.Specificity)
            // Within a wildcard the position says nothing: the own order decides.
            .ThenBy(offer => offer.Match.Specificity == 3 ? offer.Match.Position : 0)
            .ThenBy(offer => offer.Order)
            .Select(offer => offer.Format)
            .FirstOrDefault(ErrorFormat.Text);
    }

    private static (double Quality, int Specificity, int Position) BestMatch(IList<MediaTypeHeaderValue> ranges, ErrorFormat format)
    {
        var best = (Quality: 0d, Specificity: 0, Position: 0);
        for (var position = 0; position < ranges.Count; position++)
        {
            var specificity = Specificity(ranges[position], format);
            var quality = ranges[position].Quality ?? 1;
            if (specificity > 0 && (specificity, quality).CompareTo((best.Specificity, best.Quality)) > 0)
                best = (quality, specificity, position);
        }
        return best;
    }

    /// <summary>3 for the type itself, 2 for <c>text/*</c>, 1 for <c>*/*</c>, 0 for no match.</summary>
    private static int Specificity(MediaTypeHeaderValue range, ErrorFormat format)
    {
        if (range.MatchesAllTypes)
            return 1;
        var (type, subtypes) = format switch
        {
            ErrorFormat.Html => ("text", new[] { "html" }),
            ErrorFormat.Json => ("application", ["problem+json", "json"]),
            _ => ("text", ["plain"]),
        };
        if (!range.Type.Equals(type, StringComparison.OrdinalIgnoreCase))
            return 0;
        return range.MatchesAllSubTypes ? 2 : subtypes.Any(s => range.SubType.Equals(s, StringComparison.OrdinalIgnoreCase)) ? 3 : 0;
    }
}
