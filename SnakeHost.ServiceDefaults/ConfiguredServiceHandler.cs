using Microsoft.Extensions.Configuration;

namespace SnakeHost.ServiceDefaults;

/// <summary>
/// Service discovery through configuration, as Aspire injects it: <c>http://gateway</c> goes to <c>services:gateway:http:0</c>
/// (environment <c>services__gateway__http__0</c>), <c>https+http://gateway</c> to the first of both schemes that is configured. Other hosts pass.
/// </summary>
internal sealed class ConfiguredServiceHandler(IConfiguration configuration) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri is { IsAbsoluteUri: true } uri)
            request.RequestUri = Resolve(uri);
        return base.SendAsync(request, cancellationToken);
    }

    internal Uri Resolve(Uri uri)
    {
        foreach (var scheme in uri.Scheme.Split('+'))
        {
            if (Uri.TryCreate(configuration[$"services:{uri.Host}:{scheme}:0"], UriKind.Absolute, out var address))
                return new UriBuilder(uri) { Scheme = address.Scheme, Host = address.Host, Port = address.Port }.Uri;
        }
        return uri;
    }
}
