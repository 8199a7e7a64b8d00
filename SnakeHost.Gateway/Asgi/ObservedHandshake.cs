using Microsoft.AspNetCore.Http.Features;

namespace SnakeHost.Gateway.Asgi;

/// <summary>Puts an <see cref="ObservedStream"/> below the WebSocket that ASP.NET makes of a request, over HTTP/1.1 or HTTP/2 (RFC 8441).</summary>
internal static class ObservedHandshake
{
    /// <summary>Before <c>UseWebSockets</c>.</summary>
    public static Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        var frames = new IncomingFrames();
        context.Features.Set(frames);
        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade)
            context.Features.Set<IHttpUpgradeFeature>(new Upgrade(upgrade, frames));
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect)
            context.Features.Set<IHttpExtendedConnectFeature>(new Connect(connect, frames));
        return next(context);
    }

    private sealed class Upgrade(IHttpUpgradeFeature inner, IncomingFrames frames) : IHttpUpgradeFeature
    {
        public bool IsUpgradableRequest => inner.IsUpgradableRequest;

        public async Task<Stream> UpgradeAsync() => new ObservedStream(await inner.UpgradeAsync(), frames);
    }

    private sealed class Connect(IHttpExtendedConnectFeature inner, IncomingFrames frames) : IHttpExtendedConnectFeature
    {
        public bool IsExtendedConnect => inner.IsExtendedConnect;

        public string? Protocol => inner.Protocol;

        public async ValueTask<Stream> AcceptAsync() => new ObservedStream(await inner.AcceptAsync(), frames);
    }
}
