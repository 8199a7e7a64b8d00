using Microsoft.AspNetCore.Http;
using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.ErrorPages;

/// <summary>An answer that is not the app's. Everything but the kind and <see cref="RetryAfter"/> is shown in Development only.</summary>
internal sealed record ErrorAnswer(ErrorKind Kind)
{
    /// <summary>One more sentence about this very case: "apps/foo does not exist".</summary>
    public string? Detail { get; init; }

    /// <summary>What Python raised.</summary>
    public PythonError? Error { get; init; }

    /// <summary>The tenant's short id, as in the admin API.</summary>
    public string? Tenant { get; init; }

    /// <summary>What was to be loaded: <c>main:app</c>.</summary>
    public string? App { get; init; }

    /// <summary>The tenant's working directory; frames below it are shown relative to it.</summary>
    public string? Directory { get; init; }

    /// <summary>Facts that help, one a line: which modules were looked for, which apps exist. One that is an http URL becomes a link.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>When to come back; 503 answers always say it.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public int Status => Kind switch
    {
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.BodyTooLarge => StatusCodes.Status413PayloadTooLarge,
        ErrorKind.CapacityReached or ErrorKind.TooManyLoads or ErrorKind.QueueFull or ErrorKind.ShuttingDown => StatusCodes.Status503ServiceUnavailable,
        ErrorKind.LoadTimeout => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>The kind as part of an identifier: <c>load-failed</c>.</summary>
    public string Slug => Kind switch
    {
        ErrorKind.NotFound => "not-found",
        ErrorKind.BodyTooLarge => "body-too-large",
        ErrorKind.LoadFailed => "load-failed",
        ErrorKind.AppRaised => "app-raised",
        ErrorKind.CapacityReached => "capacity-reached",
        ErrorKind.TooManyLoads => "too-many-loads",
        ErrorKind.QueueFull => "queue-full",
        ErrorKind.ShuttingDown => "shutting-down",
        _ => "load-timeout",
    };

    /// <summary>What happened, for the developer.</summary>
    public string Title => Kind switch
    {
        ErrorKind.NotFound => "No app answers at this address",
        ErrorKind.BodyTooLarge => "The request is too large",
        ErrorKind.LoadFailed => "The app could not be loaded",
        ErrorKind.AppRaised => "The app raised an exception",
        ErrorKind.CapacityReached => "No room for another app",
        ErrorKind.TooManyLoads => "Too many apps are being loaded",
        ErrorKind.QueueFull => "The app's queue is full",
        ErrorKind.ShuttingDown => "The gateway is shutting down",
        _ => "The app took too long to load",
    };

    /// <summary>What to do about it, for the developer.</summary>
    public string Remedy => Error?.Hint ?? Kind switch
    {
        ErrorKind.NotFound => "Check the host name and the path, or add the folder: an app is loaded on its first request.",
        ErrorKind.LoadFailed or ErrorKind.AppRaised => "Fix the file and reload this page: SnakeHost picks it up.",
        ErrorKind.CapacityReached => "Try again when an app has become idle, or raise SnakeHost:Tenants:Capacity.",
        ErrorKind.TooManyLoads => "Try again in a moment, or raise SnakeHost:Tenants:ConcurrentLoads.",
        ErrorKind.QueueFull => "Try again in a moment, give a WSGI app more Threads, or raise the route's Queue.",
        ErrorKind.BodyTooLarge => "Send less, or raise MaxRequestBodySize of the route or of SnakeHost:Limits.",
        ErrorKind.ShuttingDown => "Try again when it has been started again.",
        _ => "Look for what the module does while it is imported (a connection, a download), or raise SnakeHost:Tenants:LoadTimeout.",
    };

    /// <summary>What a visitor may know: nothing of the app.</summary>
    public string PublicTitle => Status switch
    {
        StatusCodes.Status404NotFound => "There is nothing at this address.",
        StatusCodes.Status413PayloadTooLarge => "The request is too large.",
        StatusCodes.Status503ServiceUnavailable => "This service is busy. Please try again in a moment.",
        StatusCodes.Status504GatewayTimeout => "This service took too long to answer. Please try again in a moment.",
        _ => "Something went wrong. Please try again later.",
    };
}
