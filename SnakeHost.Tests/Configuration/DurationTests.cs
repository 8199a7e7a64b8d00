using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Tests.Configuration;

public sealed class DurationTests
{
    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("120s", 120_000)]
    [InlineData("1.5s", 1500)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("1d", 86_400_000)]
    [InlineData("120", 120_000)]
    [InlineData("0", 0)]
    [InlineData("00:00:05", 5000)]
    [InlineData("00:00:00.500", 500)]
    [InlineData(" 5s ", 5000)]
    [InlineData("-1", -1)]
    public void IsReadInTheFormsThatPeopleWrite(string text, int milliseconds)
    {
        Assert.True(Duration.TryParse(text, out var value));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("ms")]
    [InlineData("-5s")]
    [InlineData("-2")]
    [InlineData("5 parsecs")]
    [InlineData("1e9")]
    [InlineData("NaN")]
    [InlineData("99999d")]
    [InlineData("99999.00:00:00")]
    [InlineData("-00:00:05")]
    [InlineData("00:00:61")]
    public void OtherTextIsRefused(string text) => Assert.False(Duration.TryParse(text, out _));
}
