using System.Diagnostics;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Tests.Telemetry;

public sealed class TraceStateTests
{
    /// <summary>Its last 56 bits begin with 48.</summary>
    private static readonly ActivityTraceId s_id = ActivityTraceId.CreateFromString("0af7651916cd43dd8448eb211c80319c");

    [Theory]
    [InlineData(null, null)]
    [InlineData("vendor=th:9", "vendor=th:9")]
    [InlineData("ot=th:0", "ot=th:0")]
    [InlineData("a=1, ot=th:48eb211c80319c", "a=1, ot=th:48eb211c80319c")]
    [InlineData("ot=th:48eb211c80319d", null)]
    [InlineData("a=1,ot=th:8,b=2", "a=1,b=2")]
    [InlineData("ot=th:nothing;x:1", "ot=x:1")]
    [InlineData("ot=th:", null)]
    [InlineData("ot=th:8;rv:80000000000000", "ot=th:8;rv:80000000000000")]
    [InlineData("ot=rv:7fffffffffffff;th:8", "ot=rv:7fffffffffffff")]
    public void AThresholdThatTheTraceHasNotReached_IsTakenAway(string? told, string? left) => Assert.Equal(left, TraceState.Consistent(told, s_id));
}
