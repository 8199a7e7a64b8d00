using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Two projects both called <c>mysite</c> with what Django's projects have today: an API by Django REST framework or django-ninja, asynchronous queries, migrations.</summary>
public sealed class DjangoPairTests(SharedGateways gateways)
{
    private const string StarredModel =
        """
        from django.db import models


        class Note(models.Model):
            text = models.CharField(max_length=50)
            created = models.DateTimeField(auto_now_add=True)
            stars = models.IntegerField(default=5)

            class Meta:
                ordering = ["pk"]
        """;

    public static TheoryData<string> WithRestFramework => InstalledPythons.WithModule("django, rest_framework");

    /// <summary>In Django 5 and later: the asynchronous half of its queries is whole.</summary>
    public static TheoryData<string> WithNinja => InstalledPythons.WithModule("django.db.models.fields.generated, rest_framework", "django-ninja");

    [Theory, MemberData(nameof(WithRestFramework))]
    [Framework("Django (WSGI)", "django")]
    [Framework("Django REST framework", "djangorestframework")]
    public async Task AnApiAndTheAdmin_AreEachProjectsOwn_AfterASaveAndAMigrationToo(string python)
    {
        var pair = await PairAsync(python);
        var starred = false;

        await SavedPair.UseAsync(pair, UseAsync);

        // A field more: the model is saved, the migration made and applied as a developer does it.
        pair.Red.Write("notes/models.py", StarredModel);
        await DjangoProjects.ManageAsync(python, pair.Red, "makemigrations", "notes", "--verbosity", "0");
        await DjangoProjects.ManageAsync(python, pair.Red, "migrate", "--verbosity", "0");
        starred = true;
        await Task.WhenAll(UseAsync(pair.Red, "red"), UseAsync(pair.Blue, "blue"));

        async Task UseAsync(Tenant tenant, string name)
        {
            var stars = starred && name == "red" ? ",\"stars\":5" : "";
            foreach (var text in new[] { "a", "b", "c", "d" })
            {
                using var added = await pair.Client.PostAsJsonAsync(tenant.Url("/api/notes/"), new { text });
                Assert.Contains($"\"owner\":\"{name}\",\"text\":\"{text}\"{stars}}}", await added.TextAsync(HttpStatusCode.Created), StringComparison.Ordinal);
            }

            using (var refused = await pair.Client.PostAsJsonAsync(tenant.Url("/api/notes/"), new { text = name }))
                Assert.Equal($$"""{"text":["not {{name}}"]}""", await refused.TextAsync(HttpStatusCode.BadRequest));
            var page = await pair.Client.JsonAsync(tenant.Url("/api/notes/?page=2"));
            Assert.Equal(4, page.GetProperty("count").GetInt32());
            Assert.Equal(name == "red" ? 2 : 1, page.GetProperty("results").GetArrayLength());
            Assert.Equal($"http://{tenant.Host}/api/notes/", page.GetProperty("previous").GetString());

            using (var browsed = await pair.Client.SendAsync(HttpMethod.Get, tenant.Url("/api/notes/"), null, ("Accept", "text/html")))
                Assert.Contains("Note List", await browsed.TextAsync(HttpStatusCode.OK), StringComparison.Ordinal);
            using (var removed = await pair.Client.DeleteAsync(tenant.Url("/api/notes/every/")))
                Assert.Equal("""{"deleted":4}""", await removed.TextAsync(HttpStatusCode.OK));
            Assert.Contains($"{name} administration", await pair.TextAsync(tenant, "/admin/login/"), StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(WithNinja))]
    [Framework("Django (ASGI)", "django")]
    [Framework("django-ninja", "django-ninja")]
    public async Task AsynchronousQueriesAndNinjasApi_AreEachProjectsOwn_AfterASaveToo(string python)
    {
        var pair = await PairAsync(python);

        await SavedPair.UseAsync(pair, UseAsync, (tenant, path) => AskAsync(HttpMethod.Get, tenant, path));

        async Task UseAsync(Tenant tenant, string name)
        {
            Assert.Equal(
                $$"""{"owner": "{{name}}", "lazy": "{{name}}", "texts": ["x"], "then": "changed", "deleted": 1}""",
                await AskAsync(HttpMethod.Get, tenant, "/async/notes?text=x"));
            Assert.Equal($"{name} 0\n{name} 1\n", await AskAsync(HttpMethod.Get, tenant, "/async/lines"));
            Assert.Equal(
                $$"""{"owner": "{{name}}", "text": "yy"}""",
                await AskAsync(HttpMethod.Post, tenant, "/ninja/notes", JsonContent.Create(new { text = "y", stars = 2 }), HttpStatusCode.Created));
            Assert.Contains("int_parsing", await AskAsync(HttpMethod.Post, tenant, "/ninja/notes", JsonContent.Create(new { text = "y", stars = "many" }), HttpStatusCode.UnprocessableEntity), StringComparison.Ordinal);
            Assert.Equal($$"""[{"owner": "{{name}}", "text": "yy"}]""", await AskAsync(HttpMethod.Get, tenant, "/ninja/notes?text=yy&limit=1"));
            Assert.Equal("""{"deleted": 1}""", await AskAsync(HttpMethod.Delete, tenant, "/ninja/notes"));
            using var schema = JsonDocument.Parse(await AskAsync(HttpMethod.Get, tenant, "/ninja/openapi.json"));
            Assert.Equal(name, schema.RootElement.GetProperty("info").GetProperty("title").GetString());
            Assert.Contains($"{name} administration", await AskAsync(HttpMethod.Get, tenant, "/admin/login/"), StringComparison.Ordinal);
        }

        async Task<string> AskAsync(HttpMethod method, Tenant tenant, string path, HttpContent? content = null, HttpStatusCode expected = HttpStatusCode.OK)
        {
            var url = new Uri($"http://{SharedGateway.DjangoAsgiHost}{path}");
            using var response = await pair.Client.SendAsync(method, url, content, (SharedGateway.TenantHeader, tenant.Name));
            return await response.TextAsync(expected);
        }
    }

    private async Task<TenantPair> PairAsync(string python)
    {
        var pair = (await gateways.ForAsync(python)).PairOf(Fixtures.Find("Frameworks", "django_api"));
        foreach (var tenant in new[] { pair.Red, pair.Blue })
            tenant.Write("version.py", SavedPair.Version("first"));
        await Task.WhenAll(DjangoProjects.MigrateAsync(python, pair.Red, "django_api"), DjangoProjects.MigrateAsync(python, pair.Blue, "django_api"));
        return pair;
    }
}
