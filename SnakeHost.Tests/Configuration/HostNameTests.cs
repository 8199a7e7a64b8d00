using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Tests.Configuration;

public sealed class HostNameTests
{
    [Theory]
    [InlineData("example.com", "example.com", -1)]
    [InlineData("EXAMPLE.Com", "example.com", -1)]
    [InlineData("example.com:80", "example.com", 80)]
    [InlineData("example.com:", "example.com", -1)]
    [InlineData("example.com.", "example.com", -1)]
    [InlineData("example.com.:80", "example.com", 80)]
    [InlineData("a_b-c", "a_b-c", -1)]
    [InlineData("", "", -1)]
    [InlineData("Bücher.example", "xn--bcher-kva.example", -1)]
    [InlineData("BÜCHER.example:1", "xn--bcher-kva.example", 1)]
    [InlineData("xn--bcher-kva.example", "xn--bcher-kva.example", -1)]
    [InlineData("127.0.0.1:9080", "127.0.0.1", 9080)]
    [InlineData("[::1]", "::1", -1)]
    [InlineData("[::1]:9080", "::1", 9080)]
    [InlineData("[2001:DB8:0:0::1]", "2001:db8::1", -1)]
    public void EverySpellingBecomesOne(string text, string host, int port)
    {
        Span<char> buffer = stackalloc char[HostName.MaximumLength];
        var length = HostName.Normalize(text, buffer, out var actualPort);
        Assert.Equal((host, port), (buffer[..length].ToString(), actualPort));
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("...:80")]
    [InlineData(".a")]
    [InlineData("a..b")]
    [InlineData("a..")]
    [InlineData(":80")]
    [InlineData("a:b")]
    [InlineData("a:65536")]
    [InlineData("a:-1")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a\0b")]
    [InlineData("a%2eb")]
    [InlineData("../x")]
    [InlineData("::1")]
    [InlineData("[::1")]
    [InlineData("[::1]x")]
    [InlineData("[fe80::1%eth0]")]
    [InlineData("[]")]
    public void OtherTextIsNoHost(string text) => Assert.Equal(-1, Length(text));

    [Fact]
    public void HalfACharacterIsNoHost() => Assert.Equal(-1, Length("a\uD83D.localhost"));

    [Fact]
    public void ALongHostIsNone()
    {
        Assert.Equal(255, Length(new string('a', 255)));
        Assert.Equal(-1, Length(new string('a', 256)));
        Assert.Equal(-1, Length(new string('a', 10_000) + ".localhost"));
        Assert.Equal(-1, Length(new string('ü', 250) + ".localhost"));
    }

    private static int Length(string text) => HostName.Normalize(text, new char[HostName.MaximumLength], out _);
}
