using Microsoft.AspNetCore.Http;
using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.ErrorPages;

/// <summary>An answer that is not the app's. Everything but the kind and <see cref="RetryAfter"/> is shown in Development only.</summary>
internal sealed record ErrorResponse(ErrorKind Kind)
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

    /// <summary>When to come back; 503 answers always say it.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public int Status => Kind.Status;

    public string Remedy => Error?.Hint ?? Kind.Remedy;

    /// <summary>What a visitor may know: nothing of the app.</summary>
    public string PublicTitle => Status switch
    {
        StatusCodes.Status404NotFound => "There is nothing at this address.",
        StatusCodes.Status413PayloadTooLarge => "The request is too large.",
        StatusCodes.Status502BadGateway or StatusCodes.Status503ServiceUnavailable => "This service is busy. Please try again in a moment.",
        StatusCodes.Status504GatewayTimeout => "This service took too long to answer. Please try again in a moment.",
        _ => "Something went wrong. Please try again later.",
    };
}
