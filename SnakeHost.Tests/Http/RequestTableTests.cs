using System.Globalization;
using System.Text.RegularExpressions;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Http;

/// <summary>
/// Requests that two servers may read differently. Whatever we make of one, an app sees it at most once, and what stands behind it is a request only
/// where the standard says so: otherwise a request could be smuggled past the server in front of us.
/// </summary>
public sealed partial class RequestTableTests(RecordingApps apps) : IClassFixture<RecordingApps>
{
    private const string Next = "GET /next HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n";

    public static TheoryData<string, string> Length => Rows("length");

    public static TheoryData<string, string> Coding => Rows("coding");

    public static TheoryData<string, string> Chunk => Rows("chunk");

    public static TheoryData<string, string> Line => Rows("line");

    public static TheoryData<string, string> Target => Rows("target");

    public static TheoryData<string, string> Protocol => Rows("protocol");

    [Theory, MemberData(nameof(Length))]
    [Conforms(Standard.Http, "RFC 9110, 8.6", "a Content-Length is digits, once; anything else is refused and the connection closed")]
    public Task OfALength(string name, string kind) => CheckAsync("length", name, kind);

    [Theory, MemberData(nameof(Coding))]
    [Conforms(Standard.Http, "RFC 9112, 6.1", "Transfer-Encoding beside Content-Length, in HTTP/1.0, unknown, or not chunked at its end is refused and the connection closed")]
    [Conforms(Standard.Http, "RFC 9112, 6.3", "a request with neither Content-Length nor Transfer-Encoding has no body")]
    public Task OfATransferCoding(string name, string kind) => CheckAsync("coding", name, kind);

    [Theory, MemberData(nameof(Chunk))]
    [Conforms(Standard.Http, "RFC 9112, 7.1", "a chunk has a size in hexadecimal digits and ends with CRLF; extensions are skipped, trailers dropped; anything else ends body and connection")]
    public Task OfAChunk(string name, string kind) => CheckAsync("chunk", name, kind);

    [Theory, MemberData(nameof(Line))]
    [Conforms(Standard.Http, "RFC 9112, 2.2", "a line ends with CRLF; a bare CR or LF is refused")]
    [Conforms(Standard.Http, "RFC 9112, 5", "a header line has a token, a colon without space before it, and no continuation; anything else is refused")]
    [Conforms(Standard.Http, "RFC 6585, 5", "more or larger headers than allowed are answered 431")]
    [Conforms(Standard.Http, "RFC 9110, 15.5.15", "a target that is too long is answered 414")]
    public Task OfALine(string name, string kind) => CheckAsync("line", name, kind);

    [Theory, MemberData(nameof(Target))]
    [Conforms(Standard.Http, "RFC 9112, 3.2", "a request names one host, which an absolute target agrees with; without one, or with two, it is refused")]
    [Conforms(Standard.Http, "RFC 9110, 9.3.6", "CONNECT, which is not supported, is answered 501 and opens no tunnel")]
    [Conforms(Standard.Http, "RFC 9110, 9.3.7", "OPTIONS * asks the server, not an app")]
    public Task OfATarget(string name, string kind) => CheckAsync("target", name, kind);

    [Theory, MemberData(nameof(Protocol))]
    [Conforms(Standard.Http, "RFC 9112, 2.3", "another version than HTTP/1.0 and 1.1 is answered 505")]
    [Conforms(Standard.Http, "RFC 9110, 9.1", "a method is any token, with its case")]
    [Conforms(Standard.Http, "RFC 9110, 7.8", "an upgrade that is not supported is ignored")]
    public Task OfAProtocol(string name, string kind) => CheckAsync("protocol", name, kind);

    [Fact]
    public void TheDocument_HasEveryRow()
    {
        var text = File.ReadAllText(Path.Join(RepositoryFolder.Path, "docs", "http.md"));
        Assert.All(RequestTable.Groups.Values.SelectMany(rows => rows), row => Assert.Contains($"| {row.Name} |", text, StringComparison.Ordinal));
    }

    private static TheoryData<string, string> Rows(string group)
    {
        var data = new TheoryData<string, string>();
        foreach (var row in RequestTable.Groups[group])
        {
            data.Add(row.Name, "wsgi");
            data.Add(row.Name, "asgi");
        }

        return data;
    }

    private async Task CheckAsync(string group, string name, string kind)
    {
        var row = RequestTable.Groups[group].Single(row => row.Name == name);
        var app = await apps.ForAsync(kind);
        await RecordingApps.SeenAsync(app);

        var response = await RawRequest.SendAsync(app.Gateway.Process.Address, (row.Request + Next).Replace("HOST", app.Tenant.Host, StringComparison.Ordinal));

        var statuses = StatusLine().Matches(response.Text).Select(match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
        Assert.Equal(row.Expect.Statuses, statuses);
        Assert.Equal(row.Expect.Seen, await RecordingApps.SeenAsync(app));
    }

    [GeneratedRegex("HTTP/1\\.1 (\\d{3}) ")]
    private static partial Regex StatusLine();
}
