using System.Net;
using System.Security.Cryptography;
using System.Text;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Admin;

/// <summary>
/// Lets in who may: with a token, who has it; without one, programs and pages of this machine that mean this listener. A web page from
/// elsewhere that makes the visitor's browser call it is refused, whether it says so (<c>Origin</c>, <c>Sec-Fetch-Site</c>) or has its
/// own name point here (DNS rebinding: the <c>Host</c> is then not a name of this machine). A profile under its secret address is for whoever knows that.
/// </summary>
internal sealed class AdminGuard(string token)
{
    private readonly byte[] _token = Encoding.UTF8.GetBytes(token);

    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var refusal = Refuse(context.Request);
        if (refusal is not { } status)
            return next(context);
        if (status == StatusCodes.Status401Unauthorized)
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"SnakeHost\"";
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private int? Refuse(HttpRequest request)
    {
        // A link from a dashboard, in whatever browser: the address itself says who may.
        if (HttpMethods.IsGet(request.Method) && request.Path.StartsWithSegments(ProfileEndpoints.Kept, StringComparison.Ordinal))
            return null;
        Span<char> name = stackalloc char[HostName.MaximumLength];
        var host = request.Headers.Host.ToString();
        if (HostName.Normalize(host, name, out _) is var length && length < 0)
            return StatusCodes.Status404NotFound;
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        var origin = request.Headers.Origin.ToString();
        if (site is not ("" or "same-origin" or "none") || (origin.Length > 0 && origin != $"{request.Scheme}://{host}"))
            return StatusCodes.Status403Forbidden;
        if (_token.Length > 0)
            return HasToken(request.Headers.Authorization.ToString()) ? null : StatusCodes.Status401Unauthorized;
        return IsThisMachine(name[..length]) ? null : StatusCodes.Status403Forbidden;
    }

    /// <summary>In a time that does not depend on where the first wrong character is.</summary>
    private bool HasToken(string authorization)
    {
        const string Scheme = "Bearer ";
        return authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(authorization[Scheme.Length..].Trim()), _token);
    }

    private static bool IsThisMachine(ReadOnlySpan<char> host) =>
        host is "localhost"
        || host.EndsWith(".localhost", StringComparison.Ordinal)
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
