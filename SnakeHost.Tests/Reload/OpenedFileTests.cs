using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Reload;

/// <summary>Files that an app reads, and nobody has named: a save reloads the app, what it writes itself does not.</summary>
public sealed class OpenedFileTests(SharedGateways gateways)
{
    private const string Flask = """
        import flask

        app = flask.Flask(__name__)

        @app.get("/")
        def index():
            return flask.render_template("page.txt")
        """;

    private const string Django = """
        import os
        import django
        from django.conf import settings
        from django.core.wsgi import get_wsgi_application
        from django.shortcuts import render
        from django.urls import path

        HERE = os.path.dirname(os.path.abspath(__file__))
        settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="x", TEMPLATES=[{
            "BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [os.path.join(HERE, "templates")],
            "OPTIONS": {"loaders": [("django.template.loaders.cached.Loader", ["django.template.loaders.filesystem.Loader"])]}}])
        urlpatterns = [path("", lambda request: render(request, "page.txt"))]
        app = get_wsgi_application()
        """;

    private static readonly string s_data = PythonApps.Answering("""
        import json, logging, os, sqlite3

        logging.basicConfig(filename="app.log", level="INFO")
        LOADED = os.urandom(8).hex()

        def answer(path):
            with open("texts/greeting") as file:
                greeting = file.read()
            with open("state.json") as file:
                state = json.load(file)
            with open("state.json", "w") as file:
                json.dump(state + 1, file)
            with open("next.tmp", "w") as file:
                file.write("x")
            with open("replaced.txt") as file:
                file.read()
            os.replace("next.tmp", "replaced.txt")
            with open("upload.bin", "wb") as file:
                file.write(b"1")
            with open("upload.bin", "rb") as file:
                file.read()
            with sqlite3.connect("data.db") as connection:
                connection.execute("create table if not exists t (x)")
                connection.execute("insert into t values (1)")
            logging.info("asked")
            return f"{LOADED} {greeting}"
        """);

    [Theory, MemberData(nameof(InstalledPythons.WithModule), "flask", MemberType = typeof(InstalledPythons))]
    public async Task ASavedTemplateOfFlask_IsAnsweredByTheNextRequest(string python) => await TemplateAsync(await gateways.ForAsync(python), Flask);

    [Theory, MemberData(nameof(InstalledPythons.WithModule), "django", MemberType = typeof(InstalledPythons))]
    public async Task ASavedTemplateOfDjango_IsAnsweredByTheNextRequest(string python) => await TemplateAsync(await gateways.ForAsync(python), Django);

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task WhatTheAppWritesItself_ReloadsNothing_AndWhatItOnlyReadsDoes(string python)
    {
        var gateway = await gateways.ForAsync(python);
        await DataAsync(gateway.Client, gateway.NewTenant("data"));
    }

    [Fact]
    public async Task WithPolling_ItIsTheSame()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root, Arguments = ["--SnakeHost:Reload:Polling=true"] });
        await DataAsync(gateway.Client, tenants.Add("data"));
        await gateway.StopAsync();
    }

    [Fact]
    public async Task OutsideDevelopment_OnlyWhatIncludeNamesCounts()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root, EnvironmentName = "Production" });
        var app = tenants.Add("plain", ("main.py", PythonApps.Answering("text = open('text').read()\ndef answer(path): return text")), ("text", "one"));
        Assert.Equal("one", await gateway.Client.TextAsync(app.Url("/")));

        app.Write("text", "two");

        Assert.Equal("one", await gateway.Client.TextAsync(app.Url("/")));
        await gateway.StopAsync();
    }

    [Fact]
    public async Task WhatExcludeNames_DoesNotCount()
    {
        using var tenants = new TenantFolder();
        await using var gateway = await GatewayProcess.StartAsync(new() { Root = tenants.Root, Arguments = ["--SnakeHost:Reload:Exclude:0=*.dat", "--SnakeHost:Reload:Exclude:1=store"] });
        var app = tenants.Add("plain", ("main.py", PythonApps.Answering("texts = [open(n).read() for n in ('a.dat', 'store/b', 'c')]\ndef answer(path): return ' '.join(texts)")), ("a.dat", "a"), ("store/b", "b"), ("c", "c"));
        Assert.Equal("a b c", await gateway.Client.TextAsync(app.Url("/")));

        app.Write("a.dat", "A").Write("store/b", "B");
        Assert.Equal("a b c", await gateway.Client.TextAsync(app.Url("/")));
        app.Write("c", "C");
        Assert.Equal("A B C", await gateway.Client.TextAsync(app.Url("/")));
        await gateway.StopAsync();
    }

    private static async Task TemplateAsync(SharedGateway gateway, string main)
    {
        var pair = gateway.Pair(("main.py", main), ("templates/page.txt", "first"));
        await pair.EachAnswersAsync("/", _ => "first");
        foreach (var text in new[] { "one", "two!", "three" })
        {
            pair.Red.Write("templates/page.txt", text);
            await pair.EachAnswersAsync("/", name => name == "red" ? text : "first");
        }

        Assert.DoesNotContain(gateway.Process.Output.All, line => line.Contains($"Tenant {pair.Blue.Name}: generation 2", StringComparison.Ordinal));
    }

    private static async Task DataAsync(HttpClient client, Tenant app)
    {
        app.Write("main.py", s_data).Write("texts/greeting", "hello").Write("state.json", "1").Write("replaced.txt", "y");
        var first = await client.TextAsync(app.Url("/"));
        for (var i = 0; i < 5; i++)
            Assert.Equal(first, await client.TextAsync(app.Url("/")));

        app.Write("texts/greeting", "good bye");

        var second = await client.TextAsync(app.Url("/"));
        Assert.EndsWith(" good bye", second, StringComparison.Ordinal);
        Assert.NotEqual(first.Split(' ')[0], second.Split(' ')[0]);
        Assert.Equal(second, await client.TextAsync(app.Url("/")));
    }
}
