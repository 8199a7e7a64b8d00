using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Files that WSGI frameworks hand to <c>wsgi.file_wrapper</c>, whole and in ranges.</summary>
public sealed class DownloadTests(SharedGateways gateways)
{
    private const string Data =
        """
        import os

        FILE = os.path.abspath("data.bin")
        with open(FILE, "wb") as file:
            file.write("".join(f"{number:05}" for number in range(40000)).encode())

        """;

    private const string Flask = Data +
        """
        from flask import Flask, send_file

        app = Flask(__name__)

        @app.get("/")
        def download():
            return send_file(FILE, mimetype="text/plain", conditional=True)
        """;

    private const string Bottle = Data +
        """
        from bottle import Bottle, static_file

        app = Bottle()

        @app.get("/")
        def download():
            return static_file("data.bin", root=os.path.dirname(FILE), mimetype="text/plain")
        """;

    private const string Falcon = Data +
        """
        import falcon

        class Download:
            def on_get(self, request, response):
                response.content_type = "text/plain"
                response.stream = open(FILE, "rb")

            on_head = on_get

        app = falcon.App()
        app.add_route("/", Download())
        """;

    // One module is a whole project; it may use what stands in it only after configure().
    private const string Django = Data +
        """
        from django.conf import settings

        settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="x")

        from django.core.wsgi import get_wsgi_application
        from django.http import FileResponse
        from django.urls import path

        app = get_wsgi_application()
        urlpatterns = [path("", lambda request: FileResponse(open(FILE, "rb"), content_type="text/plain"))]
        """;

    private static readonly string s_data = string.Concat(Enumerable.Range(0, 40000).Select(number => $"{number:00000}"));

    public static TheoryData<string, string, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, string, bool>();
            foreach (var (framework, ranges) in new[] { ("flask", true), ("bottle", true), ("falcon", false), ("django", false) })
            {
                foreach (var python in InstalledPythons.WithModule(framework))
                    cases.Add(new TheoryDataRow<string, string, bool>(framework, python.Data, ranges) { Skip = python.Skip });
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task AFile_ArrivesWholeAndInRanges(string framework, string python, bool ranges)
    {
        var app = await ServedApp.OfAsync(gateways, python, framework switch { "flask" => Flask, "bottle" => Bottle, "falcon" => Falcon, _ => Django });

        Assert.True(s_data == await app.TextAsync());
        using var head = await app.SendAsync(HttpMethod.Head, "/");
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        if (!ranges)
            return;
        foreach (var (range, part) in new[] { ("bytes=0-9", s_data[..10]), ("bytes=70007-150003", s_data[70007..150004]), ("bytes=-5", s_data[^5..]), ("bytes=199990-", s_data[199990..]) })
        {
            using var response = await app.GetAsync("/", ("Range", range));
            Assert.True(part == await response.TextAsync(HttpStatusCode.PartialContent), range);
        }
    }
}
