using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Tests.Configuration;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("4096", 4096)]
    [InlineData("10B", 10)]
    [InlineData("64KB", 65536)]
    [InlineData("64 kb", 65536)]
    [InlineData("30m", 30L << 20)]
    [InlineData("2GB", 2L << 30)]
    [InlineData("-1", -1)]
    public void ASize_IsRead(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out var size));
        Assert.Equal(bytes, size);
    }

    [Theory]
    [InlineData("")]
    [InlineData("KB")]
    [InlineData("-2")]
    [InlineData("1.5MB")]
    [InlineData("1TB")]
    [InlineData("+1")]
    [InlineData("9223372036854775807KB")]
    public void OtherTextIsRefused(string text) => Assert.False(ByteSize.TryParse(text, out _));
}
