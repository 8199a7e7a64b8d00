using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Pipeline;

/// <summary>Static folders at <c>/static</c>: of every host label, with an age, and below a path.</summary>
public sealed class StaticGateway() : GatewayFixture(
[
    .. SharedGateway.Route(0, ("Host", "*.localhost"), ("Static:/static", "public")),
    .. SharedGateway.Route(1, ("Host", "*.aged"), ("Static:/static", "public"), ("StaticMaxAge", "1h")),
    .. SharedGateway.Route(2, ("Host", "mounted.test"), ("Path", "/*"), ("WorkingDirectory", "{http.request.uri.path.0}"), ("Static:/static", "public")),
]);
