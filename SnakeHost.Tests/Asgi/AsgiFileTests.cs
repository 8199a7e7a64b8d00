using System.Net;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Asgi;

/// <summary>The extensions that send files: <c>http.response.pathsend</c> and <c>http.response.zerocopysend</c>.</summary>
public sealed class AsgiFileTests(SharedGateways gateways)
{
    private const string App =
        AsgiApps.ByPath +
        """
        import os, tempfile

        FOLDER = os.path.dirname(os.path.abspath(__file__))

        def path_of(name):
            return os.path.join(FOLDER, name)

        def make_large():
            with open(path_of("large.bin"), "wb") as file:
                for number in range(512):
                    file.write(bytes([number % 256]) * 8192)

        async def whole(scope, receive, send):
            make_large()
            await start(send, (b"content-type", b"application/octet-stream"))
            await send({"type": "http.response.pathsend", "path": path_of("large.bin")})
            try:
                await part(send, b"more")
            except RuntimeError:
                seen.append("complete")

        async def missing(scope, receive, send):
            await start(send)
            try:
                await send({"type": "http.response.pathsend", "path": path_of("absent")})
            except FileNotFoundError as error:
                seen.append(os.path.basename(error.filename))
            try:
                await send({"type": "http.response.pathsend", "path": FOLDER})
            except IsADirectoryError:
                seen.append("directory")
            await part(send, b"instead", more=False)

        async def mixed(scope, receive, send):
            await start(send)
            await part(send, b"first")
            try:
                await send({"type": "http.response.pathsend", "path": path_of("small.txt")})
            except RuntimeError as error:
                seen.append(error)
            await part(send, b" last", more=False)

        async def parts(scope, receive, send):
            await start(send, (b"content-length", b"23"))
            with open(path_of("small.txt"), "rb") as file:
                file.read(2)
                await send({"type": "http.response.zerocopysend", "file": file, "count": 3, "more_body": True})
                await part(send, b"|")
                await send({"type": "http.response.zerocopysend", "file": file.fileno(), "offset": 0, "count": 5, "more_body": True})
                await part(send, b"|")
                seen.append(file.tell())
                await send({"type": "http.response.zerocopysend", "file": file, "more_body": True})
            # The file is closed: what has been sent does not depend on it.
            with open(path_of("small.txt"), "rb") as file:
                await send({"type": "http.response.zerocopysend", "file": file, "offset": 2, "count": 99})

        async def toolong(scope, receive, send):
            await start(send, (b"content-length", b"2"))
            await send({"type": "http.response.pathsend", "path": path_of("small.txt")})

        async def cancelled(scope, receive, send):
            make_large()
            await start(send)
            try:
                await asyncio.wait_for(send({"type": "http.response.pathsend", "path": path_of("large.bin")}), 0.2)
            except asyncio.TimeoutError:
                seen.append("gave up")
                raise
            except OSError:
                seen.append("gone")
        """;

    private static readonly (string, string) s_small = ("small.txt", "0123456789");

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiExtensions, "Path Send", "The file at the path is the body, and completes the response")]
    [Conforms(Standard.AsgiExtensions, "Path Send", "HEAD gets the head with the length of the file, and no file")]
    public async Task APath_IsSentAsTheBody(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App, s_small);

        using var response = await app.GetAsync("/whole");
        var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(512 * 8192, response.Content.Headers.ContentLength);
        Assert.Equal(512 * 8192, body.Length);
        Assert.All(Enumerable.Range(0, 512), number => Assert.Equal((byte)number, body[(number * 8192) + 1]));
        await Eventually.Async(async () => Assert.Equal("complete", await app.TextAsync("/seen")));

        using var connection = await RawConnection.OpenAsync(app.Gateway.Process.Address);
        await connection.SendAsync($"HEAD /whole HTTP/1.1\r\nHost: {app.Tenant.Host}\r\n\r\nGET /seen HTTP/1.1\r\nHost: {app.Tenant.Host}\r\nConnection: close\r\n\r\n");
        Assert.Contains($"Content-Length: {512 * 8192}", await connection.UntilAsync("\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200", await connection.ToEndAsync(), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiExtensions, "Path Send", "It is refused after a part of a body; a file that cannot be read raises as open would, and the response may go on")]
    public async Task APathThatCannotBeSent_RaisesInTheApp(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App, s_small);

        Assert.Equal("instead", await app.TextAsync("/missing"));
        Assert.Equal("first last", await app.TextAsync("/mixed"));
        Assert.Equal("absent|directory|'http.response.pathsend' cannot be mixed with other messages of a body", await app.TextAsync("/seen"));
        Assert.Equal(500, (await app.RawAsync("/toolong")).Status);
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiExtensions, "Zero Copy Send", "Parts of open files, by offset and count or from the file's position to its end, mix with parts of a body")]
    [Conforms(Standard.AsgiExtensions, "Zero Copy Send", "The file is the app's to close")]
    public async Task PartsOfFiles_MixWithTheBody(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App, s_small);

        Assert.Equal("234|01234|56789" + "23456789", await app.TextAsync("/parts"));
        Assert.Equal("5", await app.TextAsync("/seen"));
    }

    [Theory, MemberData(nameof(InstalledPythons.AllAndProcess), MemberType = typeof(InstalledPythons))]
    [Conforms(Standard.AsgiExtensions, "Path Send", "send waits while the client does not read; an app that gives up, or a client that leaves, ends the sending")]
    public async Task AFileThatNobodyReads_IsGivenUp(string python)
    {
        var app = await ServedApp.OfAsync(gateways, python, App.Replace("range(512)", "range(4096)", StringComparison.Ordinal), s_small);
        using (var connection = await RawConnection.OpenAsync(app.Gateway.Process.Address, receiveBuffer: 4096))
        {
            await connection.SendAsync($"GET /cancelled HTTP/1.1\r\nHost: {app.Tenant.Host}\r\n\r\n");
            await Eventually.Async(async () => Assert.Equal("gave up", await app.TextAsync("/seen")));
        }

        // The connection is not used again, and the app answers on.
        Assert.Equal("instead", await app.TextAsync("/missing"));
    }
}
