using Microsoft.Extensions.Primitives;
using SnakeHost.Gateway.ErrorPages;

namespace SnakeHost.Tests.ErrorPages;

public sealed class ErrorFormatNegotiationTests
{
    [Theory]
    [InlineData("*/*", "Text")] // curl
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", "Html")] // browsers
    [InlineData("application/json, text/plain, */*", "Json")] // axios
    [InlineData("application/problem+json", "Json")]
    [InlineData("application/*", "Json")]
    [InlineData("text/*", "Text")]
    [InlineData("TEXT/HTML", "Html")]
    [InlineData("text/html;q=0.5, application/json", "Json")]
    [InlineData("text/html, application/json", "Html")]
    [InlineData("application/json, text/html", "Json")]
    [InlineData("text/plain;q=0, */*", "Html")]
    [InlineData("*/*;q=0.1, text/html;q=0", "Text")]
    [InlineData("text/*;q=0.2, text/html;q=0.9, */*;q=0.5", "Html")]
    [InlineData("application/json;q=0.2, application/problem+json;q=0.9, text/html;q=0.5", "Json")]
    [InlineData("image/png", "Text")]
    [InlineData("text/html;q=0", "Text")]
    [InlineData("", "Text")]
    [InlineData("garbage;;;=", "Text")]
    public void TheFormatIsTheOneThatTheClientPrefers(string accept, string expected) =>
        Assert.Equal(expected, ErrorFormatNegotiation.Choose(new StringValues(accept)).ToString());

    [Fact]
    public void WithoutAnAcceptHeader_TheAnswerIsText() =>
        Assert.Equal(ErrorFormat.Text, ErrorFormatNegotiation.Choose(StringValues.Empty));

    [Fact]
    public void SeveralAcceptHeaders_CountAsOne() =>
        Assert.Equal(ErrorFormat.Json, ErrorFormatNegotiation.Choose(new StringValues(["text/html;q=0.1", "application/json"])));
}
