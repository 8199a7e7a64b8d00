using SnakeHost.Gateway.Watching;

namespace SnakeHost.Tests.Watching;

public sealed class PostedEventsTests
{
    [Fact]
    public void WhatIsPostedAfterATake_IsInTheNextOne()
    {
        var posted = new PostedEvents();
        var first = posted.Take(out _);
        posted.Add(1, InotifyEvents.CloseWrite, "main.py");

        Assert.Empty(first);
        Assert.Equal([(1, InotifyEvents.CloseWrite, "main.py")], posted.Take(out _));
        posted.Told();
        Assert.False(posted.HasNews);
    }
}
