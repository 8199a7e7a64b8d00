using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Routing;

namespace SnakeHost.Tests.Routing;

public sealed class PlaceholderTemplateTests
{
    [Theory]
    [InlineData("plain", "plain", 0)]
    [InlineData("", "", 0)]
    [InlineData("{http.request.host}", "V", 1)]
    [InlineData("a/{http.request.host}-{http.request.host}/{http.request.port}", "a/V-V/V", 2)]
    [InlineData("{http.request.header.A}{http.request.header.a}", "VV", 1)]
    [InlineData("{{\"a\": 1}}", "{\"a\": 1}", 0)]
    [InlineData("{{{http.request.host}}}", "{V}", 1)]
    public void IsParsedOnceAndFilledIn(string source, string text, int placeholders)
    {
        var template = PlaceholderTemplate.Parse("key", source);
        Assert.Equal(text, template.Format(_ => "V"));
        Assert.Equal(placeholders, template.Placeholders.Count);
        Assert.Equal(placeholders == 0, template.IsFixed);
    }

    [Theory]
    [InlineData("{http.request.host", "key is '{http.request.host': a { is never closed; a brace that is meant is written {{.")]
    [InlineData("{http.request.{host}}", "key is '{http.request.{host}}': a { is never closed; a brace that is meant is written {{.")]
    [InlineData("a}b", "key is 'a}b': a } closes nothing; a brace that is meant is written }}.")]
    [InlineData("{}", "key is '{}': there is no placeholder {}; a brace that is meant is written {{.")]
    [InlineData("{http.request.hots}", "key is '{http.request.hots}': there is no placeholder {http.request.hots}; did you mean {http.request.host}?")]
    [InlineData("{env.}", "key is '{env.}': there is no placeholder {env.}; a brace that is meant is written {{.")]
    [InlineData("a\0b", "key is 'a\\0b': it holds a NUL character.")]
    public void AMistake_IsOneSentence(string source, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<ConfigurationException>(() => PlaceholderTemplate.Parse("key", source)).Message);

    [Fact]
    public void TheEnvironment_IsFixedText()
    {
        Environment.SetEnvironmentVariable("SNAKE_TEST_TEMPLATE", "value{");
        var template = PlaceholderTemplate.Parse("key", "{env.SNAKE_TEST_TEMPLATE}/{env.SNAKE_TEST_NONE:other}");
        Assert.Equal("value{/other", template.Format(_ => "V"));
        Assert.True(template is { IsFixed: true, Missing: null });
        Assert.Equal("env.SNAKE_TEST_NONE", PlaceholderTemplate.Parse("key", "{env.SNAKE_TEST_NONE}").Missing);
    }
}
