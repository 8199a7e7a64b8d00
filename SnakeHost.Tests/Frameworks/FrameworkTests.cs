using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>What every framework has to do in two tenants at once, with the same module names in both.</summary>
public sealed class FrameworkTests(FrameworkPairs pairs) : IClassFixture<FrameworkPairs>
{
    [Theory, MemberData(nameof(FrameworkCases.All), MemberType = typeof(FrameworkCases))]
    public async Task InterleavedRequests_AreAnsweredByTheAskedTenant(string framework, string python)
    {
        var pair = await pairs.SharedAsync(framework, python);

        await pair.AnswersAreNeverMixedUpAsync(number => $"/item/{number}", (name, number) => $"{name} {number} {name}");
    }

    [Theory, MemberData(nameof(FrameworkCases.All), MemberType = typeof(FrameworkCases))]
    public async Task AForm_ArrivesWithRepeatedAndNonAsciiFields(string framework, string python)
    {
        var pair = await pairs.SharedAsync(framework, python);

        await EachAnswersPostAsync(pair, "/form", () => new FormUrlEncodedContent([new("colour", "grün & blau"), new("tag", "a"), new("tag", "b")]),
            """{"owner":"NAME","colour":"grün & blau","all":["a","b"]}""");
    }

    [Theory, MemberData(nameof(FrameworkCases.All), MemberType = typeof(FrameworkCases))]
    public async Task AJsonBody_Arrives(string framework, string python)
    {
        var pair = await pairs.SharedAsync(framework, python);

        await EachAnswersPostAsync(pair, "/json", () => new StringContent("""{"list": [1, 2], "text": "ü"}""", Encoding.UTF8, "application/json"),
            """{"owner":"NAME","got":{"list":[1,2],"text":"ü"}}""");
    }

    /// <summary>As .NET's PostAsJsonAsync, Node's fetch and others send it. Most WSGI frameworks read CONTENT_LENGTH bytes, whatever the framing.</summary>
    [Theory, MemberData(nameof(FrameworkCases.All), MemberType = typeof(FrameworkCases))]
    public async Task AJsonBodyOfUnknownLength_Arrives(string framework, string python)
    {
        var pair = await pairs.SharedAsync(framework, python);

        foreach (var (tenant, name) in new[] { (pair.Red, "red"), (pair.Blue, "blue") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, tenant.Url("/json")) { Content = new StringContent("""{"list": [1, 2]}""", Encoding.UTF8, "application/json") };
            request.Headers.TransferEncodingChunked = true;
            using var response = await pair.Client.SendAsync(request, TestContext.Current.CancellationToken);
            var text = await response.TextAsync(HttpStatusCode.OK);
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"owner":"NAME","got":{"list":[1,2]}}""".Replace("NAME", name, StringComparison.Ordinal)), JsonNode.Parse(text)), text);
        }
    }

    [Theory, MemberData(nameof(FrameworkCases.All), MemberType = typeof(FrameworkCases))]
    public async Task AnUpload_ArrivesWhole(string framework, string python)
    {
        var pair = await pairs.SharedAsync(framework, python);

        await EachAnswersPostAsync(pair, "/upload", Upload, """{"owner":"NAME","name":"photo.bin","size":300000}""");

        static MultipartFormDataContent Upload()
        {
            var file = new ByteArrayContent(new byte[300_000]);
            file.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            return new MultipartFormDataContent { { file, "file", "photo.bin" } };
        }
    }

    [Theory, MemberData(nameof(FrameworkCases.All), MemberType = typeof(FrameworkCases))]
    public async Task Headers_GoBothWays(string framework, string python)
    {
        var pair = await pairs.SharedAsync(framework, python);

        foreach (var (tenant, name) in new[] { (pair.Red, "red"), (pair.Blue, "blue") })
        {
            using var response = await pair.Client.SendAsync(HttpMethod.Get, tenant.Url("/headers"), null, ("X-Colour", "teal"));
            Assert.Equal("teal", await response.TextAsync(HttpStatusCode.OK));
            Assert.Equal([name], response.Values("X-Owner"));
        }
    }

    [Theory, MemberData(nameof(FrameworkCases.All), MemberType = typeof(FrameworkCases))]
    public async Task ACookieSetOnARedirect_IsGoodForItsTenantOnly(string framework, string python)
    {
        var pair = await pairs.SharedAsync(framework, python);

        using var login = await pair.Client.GetAsync(pair.Red.Url("/login"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Found, login.StatusCode);
        Assert.Equal("/welcome", new Uri(pair.Red.Url("/login"), login.Headers.Location!).AbsolutePath);
        var cookie = ("Cookie", string.Join("; ", login.Values("Set-Cookie").Select(value => value.Split(';')[0])));

        using var known = await pair.Client.SendAsync(HttpMethod.Get, pair.Red.Url("/welcome"), null, cookie);
        Assert.Equal("red's user", await known.TextAsync(HttpStatusCode.OK));
        using var unknown = await pair.Client.SendAsync(HttpMethod.Get, pair.Blue.Url("/welcome"), null, cookie);
        Assert.Equal("nobody", await unknown.TextAsync(HttpStatusCode.OK));
    }

    [Theory, MemberData(nameof(FrameworkCases.All), MemberType = typeof(FrameworkCases))]
    public async Task ErrorHandlers_AreTheTenantsOwn(string framework, string python)
    {
        var pair = await pairs.SharedAsync(framework, python);

        foreach (var (tenant, name) in new[] { (pair.Red, "red"), (pair.Blue, "blue") })
        {
            using var refused = await pair.Client.GetAsync(tenant.Url("/refused"), TestContext.Current.CancellationToken);
            Assert.Equal($"{name} refused: no", await refused.TextAsync((HttpStatusCode)418));
            using var missing = await pair.Client.GetAsync(tenant.Url("/missing"), TestContext.Current.CancellationToken);
            Assert.Equal($"{name} has no /missing", await missing.TextAsync(HttpStatusCode.NotFound));
        }
    }

    [Theory, MemberData(nameof(FrameworkCases.All), MemberType = typeof(FrameworkCases))]
    public async Task AStreamedAnswer_ArrivesWhole(string framework, string python)
    {
        var pair = await pairs.SharedAsync(framework, python);

        await pair.EachAnswersAsync("/stream", name => $"{name} 0\n{name} 1\n{name} 2\n");
    }

    [Theory, MemberData(nameof(FrameworkCases.All), MemberType = typeof(FrameworkCases))]
    public async Task ASave_IsAnsweredAnew_AndLeavesTheOtherTenantAlone(string framework, string python)
    {
        var pair = await pairs.OwnAsync(framework, python);
        await pair.EachAnswersAsync("/item/1", name => $"{name} 1 {name}");
        var lazy = Path.Combine(pair.Red.Directory, "lazy.py");
        var saved = await File.ReadAllTextAsync(lazy, TestContext.Current.CancellationToken) + "\nNAME = f'{NAME}, saved'\n";

        var others = Task.WhenAll(Enumerable.Range(0, 20).Select(_ => pair.TextAsync(pair.Blue, "/item/2")));
        pair.Red.Write("lazy.py", saved);

        Assert.Equal("red 2 red, saved", await pair.TextAsync(pair.Red, "/item/2"));
        Assert.All(await others, answer => Assert.Equal("blue 2 blue", answer));
    }

    /// <summary>Compares as JSON: frameworks differ in spaces and escapes. NAME stands for the tenant's name.</summary>
    private static async Task EachAnswersPostAsync(TenantPair pair, string path, Func<HttpContent> content, string expected)
    {
        foreach (var (tenant, name) in new[] { (pair.Red, "red"), (pair.Blue, "blue") })
        {
            using var response = await pair.Client.PostAsync(tenant.Url(path), content(), TestContext.Current.CancellationToken);
            var text = await response.TextAsync(HttpStatusCode.OK);
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected.Replace("NAME", name, StringComparison.Ordinal)), JsonNode.Parse(text)), text);
        }
    }
}
