namespace SnakeHost.Gateway.Routing;

internal enum PlaceholderKind
{
    Host,
    HostPort,
    Port,
    HostLabel,
    Scheme,
    Method,
    Uri,
    Path,
    PathSegment,
    PathDirectory,
    PathFile,
    Query,
    Header,
    Cookie,
    RemoteHost,
}
