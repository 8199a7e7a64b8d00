using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Tests.Telemetry;

public sealed class RequestTraceTests
{
    private const string TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    public RequestTraceTests() => Activity.Current = null;

    [Fact]
    public void NoTraceIsKept_TheClientsIdIsTaken()
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.TraceParent = TraceParent;
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", RequestTrace.Id(context));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("nonsense")]
    public void NoneAtAll_OneIsMadeForTheRequest(string? header)
    {
        var (context, other) = (new DefaultHttpContext(), new DefaultHttpContext());
        context.Request.Headers.TraceParent = header;
        Assert.Matches("^[0-9a-f]{32}$", RequestTrace.Id(context));
        Assert.Equal(RequestTrace.Id(context), RequestTrace.Id(context));
        Assert.NotEqual(RequestTrace.Id(context), RequestTrace.Id(other));
    }

    [Fact]
    public void ATraceIsKept_ItsIdIsTaken()
    {
        using var activity = new Activity("request").Start();
        var context = new DefaultHttpContext();
        context.Request.Headers.TraceParent = TraceParent;
        Assert.Equal(activity.TraceId.ToHexString(), RequestTrace.Id(context));
    }
}
