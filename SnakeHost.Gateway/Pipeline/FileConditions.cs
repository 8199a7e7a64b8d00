using Microsoft.Extensions.Primitives;

namespace SnakeHost.Gateway.Pipeline;

/// <summary>
/// While ASP.NET Core's file server looks, it sees a request's conditions in a form in which it does what RFC 9110 says; the app, if it is to answer
/// after all, sees them as they were sent. If-None-Match compares weakly (13.1.2), so a tag that was weakened on the way, by compression here or in a
/// proxy, matches; a range in another unit than bytes does not count (14.2).
/// </summary>
internal readonly struct FileConditions : IDisposable
{
    private readonly IHeaderDictionary _headers;
    private readonly StringValues _noneMatch;
    private readonly StringValues _range;

    public FileConditions(IHeaderDictionary headers)
    {
        _headers = headers;
        _noneMatch = headers.IfNoneMatch;
        _range = headers.Range;
        if (_noneMatch.Count > 0)
            headers.IfNoneMatch = _noneMatch.ToString().Replace("W/\"", "\"", StringComparison.Ordinal);
        if (_range.Count > 0 && !_range.ToString().StartsWith("bytes=", StringComparison.OrdinalIgnoreCase))
            headers.Range = default;
    }

    public void Dispose()
    {
        if (_noneMatch.Count > 0)
            _headers.IfNoneMatch = _noneMatch;
        if (_range.Count > 0)
            _headers.Range = _range;
    }
}
