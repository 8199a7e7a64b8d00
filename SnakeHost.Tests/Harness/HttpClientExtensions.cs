using System.Net;
using System.Text.Json;

namespace SnakeHost.Tests.Harness;

internal static class HttpClientExtensions
{
    /// <summary>The text of a 200 answer; any other answer fails the test and shows itself.</summary>
    public static async Task<string> TextAsync(this HttpClient client, Uri url)
    {
        using var response = await client.GetAsync(url);
        return await response.TextAsync(HttpStatusCode.OK);
    }

    /// <summary>The answer's text, once its status is the expected one; another one fails the test and shows the text.</summary>
    public static async Task<string> TextAsync(this HttpResponseMessage response, HttpStatusCode expected)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"{response.RequestMessage?.RequestUri}: {(int)response.StatusCode} instead of {(int)expected}\n{text}");
        return text;
    }

    public static async Task<JsonElement> JsonAsync(this HttpClient client, Uri url)
    {
        using var document = JsonDocument.Parse(await client.TextAsync(url));
        return document.RootElement.Clone();
    }

    /// <summary>Sends without following or keeping anything; the header is added as it is.</summary>
    public static Task<HttpResponseMessage> SendAsync(this HttpClient client, HttpMethod method, Uri url, HttpContent? content, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, url) { Content = content };
        foreach (var (name, value) in headers)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        return client.SendAsync(request);
    }

    /// <summary>All values of a header, in order; empty when it is absent.</summary>
    public static IReadOnlyList<string> Values(this HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? [.. values] : [];
}
