using Microsoft.AspNetCore.Connections.Features;

namespace SnakeHost.Gateway.Http;

/// <summary>
/// The time from SIGTERM to the end of listening (<c>SnakeHost:Drain</c>): requests are taken and answered, the health says that no more should come, and each answer ends its connection.
/// A proxy then keeps none for which it would have a request in the moment of its end. Of such a request nobody can tell whether it was run (RFC 9110, 9.2.2).
/// </summary>
internal static class Drain
{
    private static volatile bool s_hasBegun;
    private static volatile bool s_isTold;

    /// <summary>Whether the health is to say that no more should come. It lasts until the process ends.</summary>
    public static bool IsTold => s_isTold;

    /// <param name="isTold">Whether nobody takes this process's place at its address.</param>
    public static void Begin(bool isTold) => (s_hasBegun, s_isTold) = (true, isTold);

    /// <summary>Has the connection of a request that has just come end with its answer, if the gateway drains.</summary>
    public static void EndConnection(HttpContext context)
    {
        if (!s_hasBegun)
            return;
        // In HTTP/2 the server says how far it will go (GOAWAY), and streams that are under way go on.
        if (HttpProtocol.IsHttp2(context.Request.Protocol))
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        else
            EndConnection(context.Response);
    }

    /// <summary>The same for a request that may have come before: where its answer's head is made.</summary>
    public static void EndConnection(HttpResponse response)
    {
        if (s_hasBegun && !response.HasStarted && !HttpProtocol.IsHttp2(response.HttpContext.Request.Protocol))
            response.Headers.Connection = "close";
    }
}
