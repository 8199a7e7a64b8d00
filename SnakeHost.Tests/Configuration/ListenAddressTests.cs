using System.Net;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Tests.Configuration;

public sealed class ListenAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:9080", "127.0.0.1", 9080, true)]
    [InlineData("http://127.0.0.1:9080/", "127.0.0.1", 9080, true)]
    [InlineData("[::1]:0", "::1", 0, true)]
    [InlineData("0.0.0.0:80", "0.0.0.0", 80, false)]
    [InlineData("localhost:0", "127.0.0.1", 0, true)]
    public void AnAddress_IsRead(string text, string address, int port, bool isLoopback)
    {
        var listen = ListenAddress.Parse("key", text);
        Assert.Equal((IPAddress.Parse(address), port, isLoopback), (listen.Address, listen.Port, listen.IsLoopback));
    }

    [Fact]
    public void WithoutAHost_ItIsEveryInterface()
    {
        Assert.Equal(new ListenAddress(null, 8000), ListenAddress.Parse("key", ":8000"));
        Assert.Equal(new ListenAddress(null, 8000), ListenAddress.Parse("key", "*:8000"));
        Assert.False(ListenAddress.Parse("key", ":8000").IsLoopback);
        Assert.True(ListenAddress.Parse("key", "localhost:8000") is { IsLocalhost: true, IsLoopback: true });
    }

    [Fact]
    public void H2c_IsHttp2Alone()
    {
        Assert.True(ListenAddress.Parse("key", "h2c://127.0.0.1:9082/") is { IsHttp2Only: true, Port: 9082 });
        Assert.False(ListenAddress.Parse("key", "127.0.0.1:9082").IsHttp2Only);
    }

    [Theory]
    [InlineData("")]
    [InlineData("9080")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("::1:80")]
    [InlineData("127.1:80")]
    [InlineData("[127.0.0.1]:80")]
    [InlineData("example.com:80")]
    [InlineData("https://127.0.0.1:80")]
    [InlineData("h2c://http://127.0.0.1:80")]
    public void OtherTextIsRefused(string text) =>
        Assert.Contains($"key is '{text}'", Assert.Throws<ConfigurationException>(() => ListenAddress.Parse("key", text)).Message, StringComparison.Ordinal);
}
