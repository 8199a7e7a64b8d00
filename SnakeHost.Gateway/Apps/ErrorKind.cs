namespace SnakeHost.Gateway.Apps;

/// <summary>Why the gateway answers in the app's place.</summary>
/// <param name="Status">The status of the answer.</param>
/// <param name="Slug">The kind as part of an identifier.</param>
/// <param name="Title">What happened, for the developer.</param>
/// <param name="Remedy">What to do about it, for the developer.</param>
internal sealed record ErrorKind(int Status, string Slug, string Title, string Remedy)
{
    private const string Fix = "Fix the file and reload this page: SnakeHost picks it up.";

    /// <summary>No route, an empty placeholder, no such directory, an unsafe value.</summary>
    public static ErrorKind NotFound { get; } = new(
        404, "not-found", "No app answers at this address", "Check the host name and the path, or add the folder: an app is loaded on its first request.");

    /// <summary>The request's body is larger than the route allows.</summary>
    public static ErrorKind BodyTooLarge { get; } = new(
        413, "body-too-large", "The request is too large", "Send less, or raise MaxRequestBodySize of the route or of SnakeHost:Limits.");

    /// <summary>The import, the attribute, the lifespan start-up or a reload failed.</summary>
    public static ErrorKind LoadFailed { get; } = new(500, "load-failed", "The app could not be loaded", Fix);

    /// <summary>The app raised, or broke its protocol, before its response had started.</summary>
    public static ErrorKind AppRaised { get; } = new(500, "app-raised", "The app raised an exception", Fix);

    /// <summary>The app's own process has ended before its response had started, or has not come back yet.</summary>
    public static ErrorKind ProcessLost { get; } = new(
        502, "process-lost", "The app's process has ended", "Look at the app's last lines, and at how the process ended. SnakeHost starts it again.");

    /// <summary>As many apps as allowed are loaded, and none is idle.</summary>
    public static ErrorKind CapacityReached { get; } = new(
        503, "capacity-reached", "No room for another app", "Try again when an app has become idle, or raise SnakeHost:Tenants:MaxTenants.");

    /// <summary>As many apps as allowed are being loaded right now.</summary>
    public static ErrorKind TooManyLoads { get; } = new(
        503, "too-many-loads", "Too many apps are being loaded", "Try again in a moment, or raise SnakeHost:Tenants:MaxConcurrentLoads.");

    /// <summary>The app's queue of waiting requests is full.</summary>
    public static ErrorKind QueueFull { get; } = new(
        503, "queue-full", "The app's queue is full", "Try again in a moment, give a WSGI app more Threads, or raise the route's QueueLimit.");

    /// <summary>What the app is to be given is not known yet.</summary>
    public static ErrorKind VariablesMissing { get; } = new(
        503, "variables-missing", "The app waits for its variables", "Whoever started the gateway hands them over when they are known: look there for what it waits for.");

    /// <summary>The gateway takes no new requests.</summary>
    public static ErrorKind ShuttingDown { get; } = new(
        503, "shutting-down", "The gateway is shutting down", "Try again when it has been started again.");

    /// <summary>The load took longer than it may.</summary>
    public static ErrorKind LoadTimeout { get; } = new(
        504, "load-timeout", "The app took too long to load",
        "Look for what the module does while it is imported (a connection, a download), or raise SnakeHost:Tenants:LoadTimeout.");
}
