using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Bottle as its tutorial writes it: functions of the module, an app that nobody names, and templates that it looks for itself.</summary>
public sealed class BottlePairTests(SharedGateways gateways)
{
    private const string App =
        """
        import bottle
        from bottle import SimpleTemplate, default_app, hook, install, request, response, route, template

        import version
        from identity import NAME

        SimpleTemplate.defaults["owner"] = NAME


        @hook("before_request")
        def before():
            request.owner = NAME


        @route("/version")
        def tell():
            return version.tell()


        @route("/hello/<name>")
        def hello(name):
            return template("<b>{{owner}} {{name}}</b>", name=name)


        @route("/page")
        @bottle.view("page")
        def page():
            return {"names": ["a", "b"]}


        @route("/files/<path:path>")
        def file(path):
            return bottle.static_file(path, root="files")


        @bottle.post("/notes")
        def note():
            response.set_cookie("note", request.forms.get("text"), secret=NAME)
            return {"owner": request.owner}


        app = default_app()
        """;

    public static TheoryData<string> Interpreters => InstalledPythons.WithModule("bottle");

    [Theory, MemberData(nameof(Interpreters))]
    [Framework("Bottle", "bottle")]
    public async Task TheDefaultAppAndTemplates_AreEachTenantsOwn_AfterASaveToo(string python)
    {
        var pair = await SavedPair.OfAsync(gateways, python, App);
        foreach (var (tenant, name) in new[] { (pair.Red, "red"), (pair.Blue, "blue") })
        {
            tenant.Write("views/page.tpl", name + " {{owner}} {{'+'.join(names)}}");
            tenant.Write("files/mine.txt", name);
        }

        await SavedPair.UseAsync(pair, async (tenant, name) =>
        {
            Assert.Equal($"<b>{name} you</b>", await pair.TextAsync(tenant, "/hello/you"));
            Assert.Equal($"{name} {name} a+b", (await pair.TextAsync(tenant, "/page")).TrimEnd());
            Assert.Equal(name, await pair.TextAsync(tenant, "/files/mine.txt"));
            using var noted = await pair.Client.PostAsync(tenant.Url("/notes"), new FormUrlEncodedContent([new("text", "x")]));
            // Bottle writes JSON by ujson where that is installed, without spaces.
            Assert.Equal($$"""{"owner":"{{name}}"}""", (await noted.TextAsync(HttpStatusCode.OK)).Replace(" ", "", StringComparison.Ordinal));
            Assert.Single(noted.Values("Set-Cookie"));
        });
    }
}
