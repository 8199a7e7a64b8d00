using Microsoft.AspNetCore.Http;
using SnakeHost.Tests.Conformance;

namespace SnakeHost.Tests.Routing;

public sealed class HostileRequestTests : IDisposable
{
    private readonly TemporaryFolder _outer = new();
    private readonly string _root;

    public HostileRequestTests()
    {
        _root = _outer.Folder("apps");
        _outer.Folder("secret");
        _outer.Folder("apps/good");
        _outer.Folder("apps/.hidden");
        _outer.File("apps/file", "no folder");
    }

    public void Dispose() => _outer.Dispose();

    public static TheoryData<string> Values =>
    [
        "", ".", "..", "../secret", "good/../../secret", "/", "/etc", "good/", "a\\b", "%2e%2e", "..%2fsecret", "%2e%2e%2fsecret", "good%00", "good\0", "good\n",
        "good\u007f", ".hidden", "file", "none", "good ", " good", "good,good", "~", "$HOME", "*", "?", "good:x", "\u2025", "\uFF0E\uFF0E", "\u2215etc", "C:", "\u202egood",
        "\uD800", new string('a', 256), new string('a', 10_000),
    ];

    [Theory]
    [MemberData(nameof(Values))]
    [Conforms(Standard.Gateway, "Routing", "a value of a request takes part in a path only if it is one safe name")]
    public void AHostileValue_IsNotFound_WhateverItComesFrom(string value)
    {
        foreach (var (placeholder, context) in Sources(value))
        {
            var resolver = Requests.Resolver(_root, $$"""{ "WorkingDirectory": "{{placeholder}}" }""");
            var resolution = resolver.Resolve(context);
            Assert.False(resolution.IsFound, $"{placeholder} led to {resolution.Specification?.WorkingDirectory}");
            Assert.DoesNotContain(resolution.Reason, char.IsControl);
            Assert.True(resolution.Reason.Length < 500);
        }
    }

    [Fact]
    public void TheGoodValue_IsFound_SoThatTheOthersProveSomething()
    {
        foreach (var (placeholder, context) in Sources("good"))
        {
            Assert.True(Requests.Resolver(_root, $$"""{ "WorkingDirectory": "{{placeholder}}" }""").Resolve(context).IsFound, placeholder);
        }
    }

    [Theory]
    [InlineData("os:system")]
    [InlineData("main")]
    [InlineData("../x")]
    [InlineData("a-b")]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("1a")]
    [InlineData("a b")]
    [InlineData("a\0")]
    [InlineData("a();x")]
    public void AHostileModule_IsNotFound_UnlessItIsAName(string value)
    {
        var resolver = Requests.Resolver(_root, """{ "WorkingDirectory": "good", "App": "{http.request.header.x}:app" }""");
        var resolution = resolver.Resolve(Requests.Get("h", "/", "", ("x", value)));
        Assert.Equal(value == "main", resolution.IsFound);
    }

    [Theory]
    [InlineData("a\nB=1", false)]
    [InlineData("a\0", false)]
    [InlineData("../ $x %2e ü", true)]
    public void AVariable_MayHoldAnyText_ButControlCharacters(string value, bool found)
    {
        var resolver = Requests.Resolver(_root, """{ "WorkingDirectory": "good", "Env": { "A": "{http.request.header.x}" } }""");
        Assert.Equal(found, resolver.Resolve(Requests.Get("h", "/", "", ("x", value))).IsFound);
    }

    [Theory]
    [InlineData(".")]
    [InlineData("...")]
    [InlineData("..localhost")]
    [InlineData("../secret.localhost")]
    [InlineData("%2e%2e.localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]:80")]
    [InlineData("[::ffff:1.2.3.4]")]
    [InlineData("")]
    [InlineData("localhost")]
    [InlineData("good")]
    public void AHostWithoutTheLabel_IsNotFound(string host) =>
        Assert.False(Requests.Resolver(_root, """{ "Host": "*" }""").Resolve(Requests.Get(host)).IsFound);

    [Fact]
    public void AnEnvironmentFileWithAPlaceholder_StaysInTheWorkingDirectory()
    {
        _outer.File("apps/good/a.env");
        _outer.File("secret/b.env");
        var route = $$"""{ "WorkingDirectory": "good", "EnvFiles": ["{{_outer.Path}}/{http.request.header.x}/b.env"] }""";
        Assert.False(Requests.Resolver(_root, route).Resolve(Requests.Get("h", "/", "", ("x", "secret"))).IsFound);
        var inside = Requests.Resolver(_root, """{ "WorkingDirectory": "good", "EnvFiles": ["{http.request.header.x}.env"] }""");
        Assert.True(inside.Resolve(Requests.Get("h", "/", "", ("x", "a"))).IsFound);
        Assert.False(inside.Resolve(Requests.Get("h", "/", "", ("x", "none"))).IsFound);
    }

    [Fact]
    public void ThousandsOfUnknownHosts_NeitherFillTheMemory_NorPushOutTheKnown()
    {
        var resolver = Requests.Resolver(_root, """{ "Host": "*.localhost" }""");
        var good = resolver.Resolve(Requests.Get("good.localhost")).Specification;
        for (var number = 0; number < 20_000; number++) Assert.False(resolver.Resolve(Requests.Get($"n{number}.localhost")).IsFound);
        Assert.InRange(resolver.CacheCount, 1, 2048);
        Assert.Same(good, resolver.Resolve(Requests.Get("good.localhost")).Specification);
    }

    [Fact]
    public void ThousandsOfValidValues_DoNotFillTheMemory()
    {
        var resolver = Requests.Resolver(_root, """{ "WorkingDirectory": "good", "Env": { "A": "{http.request.header.x}" } }""");
        var hot = Requests.Get("h", "/", "", ("x", "hot"));
        var first = resolver.Resolve(hot).Specification;
        for (var number = 0; number < 20_000; number++)
        {
            Assert.True(resolver.Resolve(Requests.Get("h", "/", "", ("x", $"{number}"))).IsFound);
            Assert.Equal(first, resolver.Resolve(hot).Specification);
        }

        Assert.InRange(resolver.CacheCount, 1, 2048);
    }

    private static IEnumerable<(string Placeholder, HttpContext Context)> Sources(string value)
    {
        yield return ("{http.request.header.x}", Requests.Get("h", "/", "", ("x", value)));
        yield return ("{http.request.uri.query.x}", Requests.Get("h", "/", "?x=" + Uri.EscapeDataString(value.Replace("\uD800", "\0", StringComparison.Ordinal))));
        if (!value.Contains('/', StringComparison.Ordinal)) yield return ("{http.request.uri.path.0}", Requests.Get("h", "/" + value));
        if (!value.Contains('/', StringComparison.Ordinal)) yield return ("{http.request.uri.path.file}", Requests.Get("h", "/x/" + value));

        // Spaces around a cookie's value are not part of it (RFC 6265, section 5.4).
        if (value.Trim() == value) yield return ("{http.request.cookie.x}", Requests.Get("h", "/", "", ("Cookie", $"a=b; x={value}")));
        if (!value.Contains(':', StringComparison.Ordinal)) yield return ("{http.request.host.labels.1}", Requests.Get(value + ".localhost"));
    }
}
