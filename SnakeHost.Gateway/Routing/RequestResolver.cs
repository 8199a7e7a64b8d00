using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Routing;

/// <summary>
/// From a request to its tenant. The values of the route's placeholders are written, each after its length, into a buffer
/// on the stack, which is the cache's key: a known request touches neither heap nor file system.
/// </summary>
internal sealed partial class RequestResolver
{
    // Values of one request: what does not fit names no app.
    private const int KeyLength = 1024;

    private static readonly Resolution s_badHost = Resolution.NotFound("The request's host is not a host name.");
    private static readonly Resolution s_noRoute = Resolution.NotFound("No route matches the request's host and path.");

    private readonly RouteTable _routes;
    private readonly ResolutionCache _cache;
    private readonly FolderIndex _folders;
    private readonly TenantResolver _tenants;
    private readonly LaterVariables _later = new();
    private readonly ILogger<RequestResolver> _logger;
    private Action? _takeInChanges;

    public RequestResolver(SnakeHostOptions options, RouteTable routes, TimeProvider time, ILogger<RequestResolver> logger)
    {
        _routes = routes;
        _logger = logger;

        // Several hosts may lead to one tenant; the smallest is still large enough for a busy list of failures.
        _cache = new ResolutionCache(Math.Max(1024, Math.Min(options.Tenants.MaxTenants, 250_000) * 4), options.Tenants.FailureCacheDuration, time);
        _folders = new FolderIndex(options.Tenants.FailureCacheDuration, time);
        _tenants = new TenantResolver(options, _folders, _later);
    }

    /// <summary>Entries held: tenants and failures.</summary>
    public int CacheCount => _cache.Count;

    /// <param name="prefixLength">The characters of its decoded path that become SCRIPT_NAME and root_path.</param>
    public Resolution Resolve(HttpContext context, out int prefixLength)
    {
        prefixLength = 0;
        var request = context.Request;
        Span<char> hostBuffer = stackalloc char[HostName.MaximumLength];
        var hostLength = HostName.Normalize(request.Headers.Host.ToString(), hostBuffer, out var port);
        if (hostLength < 0) return s_badHost;

        ReadOnlySpan<char> host = hostBuffer[..hostLength];
        if (_routes.Match(host, request.Path.Value, out prefixLength) is not { } route) return s_noRoute;
        if (route.Missing is { } missing) return Resolution.NotFound($"The environment variable of {{{missing}}} is not set.", route);

        var values = new RequestValues(request, host, port);
        Span<char> buffer = stackalloc char[KeyLength];
        if (WriteKey(route, values, buffer, out var key) is { } reason) return Resolution.NotFound(reason, route);
        if (_cache.TryGet(key, out var resolution) && !resolution.IsFound && _takeInChanges is not null)
        {
            // The folder may be there since: what it is told of now is forgotten.
            _takeInChanges();
            _cache.TryGet(key, out resolution);
        }

        return resolution ?? Load(route, key);
    }

    /// <summary>What a GET of this address would be answered by.</summary>
    public Resolution Resolve(Uri address)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = HttpMethods.Get;
        context.Request.Scheme = address.Scheme;
        context.Request.Host = HostString.FromUriComponent(address);
        context.Request.Path = PathString.FromUriComponent(address);
        context.Request.QueryString = QueryString.FromUriComponent(address);
        return Resolve(context, out _);
    }

    /// <summary>Hands the variables over that routes of this prefix wait for.</summary>
    public void Set(string environmentPrefix, IReadOnlyDictionary<string, string> variables)
    {
        _later.Set(environmentPrefix, variables);
        _cache.Invalidate(null);
    }

    /// <summary>Forgets what the file system said: of one folder (and what lies in and around it, by its path with or without symlinks), or of all.</summary>
    public void Invalidate(string? directory = null)
    {
        _folders.Clear();
        _cache.Invalidate(directory);
    }

    /// <summary>Lets what was found, and what was not, follow the file system.</summary>
    /// <param name="takeInChanges">Calls <see cref="Invalidate"/> for what has changed before it was called, at the latest then.</param>
    public void Follow(Action takeInChanges) => _takeInChanges = takeInChanges;

    private static string? WriteKey(Route route, in RequestValues values, Span<char> buffer, out ReadOnlySpan<char> key)
    {
        key = default;
        buffer[0] = (char)route.Index;
        var length = 1;
        foreach (var placeholder in route.Placeholders)
        {
            if (length == buffer.Length || !values.TryWrite(placeholder, buffer[(length + 1)..], out var written))
            {
                return $"The value of {placeholder} is too long.";
            }

            if (written == 0) return $"The request has no {placeholder}.";
            buffer[length] = (char)written;
            length += 1 + written;
        }

        key = buffer[..length];
        return null;
    }

    private static List<string> ReadKey(ReadOnlySpan<char> key)
    {
        var values = new List<string>();
        for (var index = 1; index < key.Length; index += 1 + key[index]) values.Add(key.Slice(index + 1, key[index]).ToString());
        return values;
    }

    private Resolution Load(Route route, ReadOnlySpan<char> key)
    {
        var version = _cache.Version;
        var resolution = _tenants.Resolve(route, ReadKey(key));
        _cache.Store(key.ToString(), resolution, version);
        if (resolution.Reason is { } reason) Log.NotFound(_logger, route, reason);
        return resolution;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 200, Level = LogLevel.Debug, Message = "Nothing found by route {Route}: {Reason}")]
        public static partial void NotFound(ILogger logger, Route route, string reason);
    }
}
