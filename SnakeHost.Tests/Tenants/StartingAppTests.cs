using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Tests.Tenants;

public class StartingAppTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OneThatNobodyWaitsFor_IsStopped_WhicheverComesFirst(bool beginsFirst)
    {
        var app = new StartingApp();
        var stops = 0;
        Action begin = () => app.Begin(() => stops++), abandon = app.Abandon;
        foreach (var step in beginsFirst ? [begin, abandon] : new[] { abandon, begin })
        {
            Assert.Equal(0, stops);
            step();
        }

        Assert.Equal(1, stops);
    }

    [Fact]
    public void OneThatSomebodyWaitsFor_GoesOn()
    {
        var stops = 0;
        new StartingApp().Begin(() => stops++);
        Assert.Equal(0, stops);
    }
}
