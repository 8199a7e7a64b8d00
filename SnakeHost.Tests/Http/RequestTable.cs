using static SnakeHost.Tests.Http.Expect;

namespace SnakeHost.Tests.Http;

/// <summary>The rows of docs/http.md: requests as bytes, what they are answered, and what may reach an app of them.</summary>
internal static class RequestTable
{
    /// <summary>Rows of one kind. <c>HOST</c> stands for the app's host. Behind each request stands another, <c>GET /next</c>.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<RequestRow>> Groups { get; } = new Dictionary<string, IReadOnlyList<RequestRow>>
    {
        ["length"] =
        [
            new("one length", Post("Content-Length: 5\r\n", "hello"), Taken("POST /x hello")),
            new("two equal lengths", Post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), Refused(400)),
            new("two lengths", Post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), Refused(400)),
            new("a list of lengths", Post("Content-Length: 5,5\r\n", "hello"), Refused(400)),
            new("plus", Post("Content-Length: +5\r\n", "hello"), Refused(400)),
            new("minus", Post("Content-Length: -1\r\n", "hello"), Refused(400)),
            new("space inside", Post("Content-Length: 5 5\r\n", "hello"), Refused(400)),
            new("hexadecimal", Post("Content-Length: 0x5\r\n", "hello"), Refused(400)),
            new("exponent", Post("Content-Length: 5e0\r\n", "hello"), Refused(400)),
            new("empty", Post("Content-Length:\r\n", "hello"), Refused(400)),
            new("vertical tab", Post("Content-Length: \v5\r\n", "hello"), Refused(400)),
            new("no-break space", Post("Content-Length: \u00a05\r\n", "hello"), Refused(400)),
            new("superscript", Post("Content-Length: 5\u00b2\r\n", "hello"), Refused(400)),
            new("beyond 64 bits", Post("Content-Length: 18446744073709551621\r\n", "hello"), Refused(400)),
            new("many zeros", Post("Content-Length: 00000000000000000000000000005\r\n", "hello"), Refused(400)),
            new("space before the colon", Post("Content-Length : 5\r\n", "hello"), Refused(400)),
            new("GET with a body", "GET /x HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\n\r\nhello", Taken("GET /x hello")),
        ],
        ["coding"] =
        [
            new("chunked", Post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), Taken("POST /x hello")),
            new("case", Post("Transfer-Encoding: ChUnKeD\r\n", "5\r\nhello\r\n0\r\n\r\n"), Taken("POST /x hello")),
            new("length, then chunked", Post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), Refused(400)),
            new("chunked, then length", Post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), Refused(400)),
            new("chunked in HTTP/1.0", "POST /x HTTP/1.0\r\nHost: HOST\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Refused(400)),
            new("space before the colon", Post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), Refused(400)),
            new("identity", Post("Transfer-Encoding: identity\r\nContent-Length: 5\r\n", "hello"), Refused(400)),
            new("chunked twice", Post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), Refused(400)),
            new("chunked in two lines", Post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), Refused(400)),
            new("gzip before chunked", Post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), Refused(501)),
            new("gzip after chunked", Post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), Refused(400)),
            new("xchunked", Post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), Refused(400)),
            new("quoted", Post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), Refused(400)),
            new("vertical tab", Post("Transfer-Encoding: \vchunked\r\n", "0\r\n\r\n"), Refused(400)),
            new("empty", Post("Transfer-Encoding:\r\n", "0\r\n\r\n"), Refused(400)),
            new("no framing", Post("", "hello"), new([200, 200], ["POST /x ", "helloGET /next "])),
        ],
        ["chunk"] =
        [
            new("extension", Chunked("5;a=b\r\nhello\r\n0\r\n\r\n"), Taken("POST /x hello")),
            new("quoted extension", Chunked("5;a=\"b;c\"\r\nhello\r\n0\r\n\r\n"), Taken("POST /x hello")),
            new("quote that never ends", Chunked("5;a=\"\r\nhello\r\n0\r\n\r\n"), Taken("POST /x hello")),
            new("trailers", Chunked("5\r\nhello\r\n0\r\nX-T: 1\r\nContent-Length: 50\r\nTransfer-Encoding: chunked\r\n\r\n"), Taken("POST /x hello")),
            new("extension with LF", Chunked("5;a\nhello\r\n0\r\n\r\n"), Broken),
            new("extension with CR", Chunked("5;a\rb\r\nhello\r\n0\r\n\r\n"), Broken),
            new("size with LF", Chunked("5\nhello\r\n0\r\n\r\n"), Broken),
            new("0x", Chunked("0x5\r\nhello\r\n0\r\n\r\n"), Broken),
            new("plus", Chunked("+5\r\nhello\r\n0\r\n\r\n"), Broken),
            new("minus", Chunked("-5\r\nhello\r\n0\r\n\r\n"), Broken),
            new("underscore", Chunked("1_0\r\nhello\r\n0\r\n\r\n"), Broken),
            new("no size", Chunked("\r\nhello\r\n0\r\n\r\n"), Broken),
            new("space before the size", Chunked(" 5\r\nhello\r\n0\r\n\r\n"), Broken),
            new("space behind the size", Chunked("5 \r\nhello\r\n0\r\n\r\n"), Broken),
            new("tab behind the size", Chunked("5\t\r\nhello\r\n0\r\n\r\n"), Broken),
            new("beyond 32 bits", Chunked("100000005\r\nhello\r\n0\r\n\r\n"), Broken),
            new("beyond 64 bits", Chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"), Broken),
            new("many zeros", Chunked("000000000000000000005\r\nhello\r\n0\r\n\r\n"), Broken),
            new("no CRLF behind the data", Chunked("5\r\nhello0\r\n\r\n"), Broken),
            new("more data than the size", Chunked("5\r\nhelloX\r\n0\r\n\r\n"), Broken),
            new("LF behind the data", Chunked("5\r\nhello\n0\r\n\r\n"), Broken),
            new("LF at the end", Chunked("5\r\nhello\r\n0\n\n"), Broken),
        ],
        ["line"] =
        [
            new("an empty line first", "\r\n" + Get(), Taken("GET /x ")),
            new("LF everywhere", "GET /x HTTP/1.1\nHost: HOST\n\n", Refused(400)),
            new("LF behind a header", Get("X-A: a\nX-B: b\r\n"), Refused(400)),
            new("CR in a header", Get("X-A: a\rX-B: b\r\n"), Refused(400)),
            new("obs-fold", Get("X-A: a\r\n b\r\n"), Refused(400)),
            new("obs-fold with a tab", Get("X-A: a\r\n\tb\r\n"), Refused(400)),
            new("space before the first header", "GET /x HTTP/1.1\r\n Host: HOST\r\n\r\n", Refused(400)),
            new("NUL in a value", Get("X-A: a\0b\r\n"), Refused(400)),
            new("NUL in a name", Get("X\0A: b\r\n"), Refused(400)),
            new("space in a name", Get("X A: b\r\n"), Refused(400)),
            new("no name", Get(": b\r\n"), Refused(400)),
            new("no colon", Get("X-A\r\n"), Refused(400)),
            new("a huge header", Get($"X-A: {new string('a', 70_000)}\r\n"), Refused(431)),
            new("many headers", Get(string.Concat(Enumerable.Range(0, 200).Select(number => $"X-{number}: a\r\n"))), Refused(431)),
            new("a huge target", Get(target: "/" + new string('a', 70_000)), Refused(414)),
            new("garbage behind", Post("Content-Length: 5\r\n", "hello") + "\0\0\0\r\n\r\n", new([200, 400], ["POST /x hello"])),
        ],
        ["target"] =
        [
            new("absolute", Get(target: "http://HOST/x"), Taken("GET /x ")),
            new("absolute, of another host", Get(target: "http://other.localhost/x"), Refused(400)),
            new("absolute, with a user", Get(target: "http://HOST@other.localhost/x"), Refused(400)),
            new("no Host", "GET /x HTTP/1.1\r\n\r\n", Refused(400)),
            new("no Host in HTTP/1.0", "GET /x HTTP/1.0\r\n\r\n", Refused(404)),
            new("two Hosts", Get("Host: HOST\r\n"), Refused(400)),
            new("two different Hosts", Get("Host: other.localhost\r\n"), Refused(400)),
            new("a list of Hosts", "GET /x HTTP/1.1\r\nHost: HOST, other.localhost\r\n\r\n", Refused(400)),
            new("Host with a user", "GET /x HTTP/1.1\r\nHost: a@HOST\r\n\r\n", Refused(400)),
            new("Host with a path", "GET /x HTTP/1.1\r\nHost: HOST/y\r\n\r\n", Refused(400)),
            new("CONNECT", "CONNECT HOST:80 HTTP/1.1\r\nHost: HOST:80\r\n\r\n", Refused(501)),
            new("CONNECT with a path", "CONNECT /x HTTP/1.1\r\nHost: HOST\r\n\r\n", Refused(501)),
            new("OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: HOST\r\n\r\n", new([204, 200], ["GET /next "])),
            new("GET *", Get(target: "*"), Refused(405)),
            new("no slash", Get(target: "x"), Refused(405)),
            new("a space", Get(target: "/x y"), Refused(400)),
            new("NUL", Get(target: "/a\0b"), Refused(400)),
            new("encoded NUL", Get(target: "/a%00b"), Refused(400)),
            new("an invalid escape", Get(target: "/%zz"), Taken("GET /%zz ")),
            new("half an escape", Get(target: "/%"), Taken("GET /% ")),
            new("a fragment", Get(target: "/x#f"), Taken("GET /x#f ")),
        ],
        ["protocol"] =
        [
            new("HTTP/1.2", "GET /x HTTP/1.2\r\nHost: HOST\r\n\r\n", Refused(505)),
            new("HTTP/2.0", "GET /x HTTP/2.0\r\nHost: HOST\r\n\r\n", Refused(505)),
            new("lower case", "GET /x http/1.1\r\nHost: HOST\r\n\r\n", Refused(505)),
            new("HTTP/0.9", "GET /x\r\n", Refused(400)),
            new("HTTP/2 by prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0", new([], [])),
            new("upgrade to h2c", Get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"), Taken("GET /x ")),
            new("an unknown method", "FOO /x HTTP/1.1\r\nHost: HOST\r\n\r\n", Taken("FOO /x ")),
            new("a method in lower case", "get /x HTTP/1.1\r\nHost: HOST\r\n\r\n", Taken("get /x ")),
            new("no token", "G(T /x HTTP/1.1\r\nHost: HOST\r\n\r\n", Refused(400)),
            new("NUL in the method", "GE\0T /x HTTP/1.1\r\nHost: HOST\r\n\r\n", Refused(400)),
            new("space before the method", " GET /x HTTP/1.1\r\nHost: HOST\r\n\r\n", Refused(400)),
        ],
    };

    private static string Post(string headers, string body) => $"POST /x HTTP/1.1\r\nHost: HOST\r\n{headers}\r\n{body}";

    private static string Chunked(string body) => Post("Transfer-Encoding: chunked\r\n", body);

    private static string Get(string headers = "", string target = "/x") => $"GET {target} HTTP/1.1\r\nHost: HOST\r\n{headers}\r\n";
}
