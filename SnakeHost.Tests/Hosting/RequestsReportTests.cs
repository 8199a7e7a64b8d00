extern alias Hosting;

using Hosting::SnakeHost.Gateway.Apps;
using Hosting::SnakeHost.Hosting;

namespace SnakeHost.Tests.Hosting;

public sealed class RequestsReportTests
{
    [Fact]
    public void WhatAPathOrAStackSays_IsNoMarkdown()
    {
        var request = new RunningRequest(
            1, 2, 3, "GET", "/`a``[b](c)", RunningRequest.Http, 1500, null, RunningRequest.Running, false, 0, 0, false, [new("thread", "t\n~~~\n# no", [])]);
        Assert.Equal(
            "### ``` GET /`a``[b](c) ```, 1.5 s\n\nrunning, generation 3, process 2, 0 bytes received, 0 sent\n\n~~~~text\nthread t\n~~~\n# no:\n~~~~\n\n",
            RequestsReport.Write("shop", [request]));
    }
}
