using System.Net;
using System.Text.RegularExpressions;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Two projects both called <c>mysite</c>: Django's settings, app registry and connections are process-wide, so each has to have its own.</summary>
public sealed partial class DjangoTests(SharedGateways gateways)
{
    [Theory, MemberData(nameof(InstalledPythons.WithModule), "django", MemberType = typeof(InstalledPythons))]
    public async Task SettingsModelsAndDatabases_AreTheProjectsOwn(string python)
    {
        var pair = await PairAsync(python);

        await Task.WhenAll(pair.TextAsync(pair.Red, "/add/pen"), pair.TextAsync(pair.Blue, "/add/Ovid"));
        await Task.WhenAll(pair.TextAsync(pair.Red, "/add/ink"), pair.TextAsync(pair.Blue, "/add/Homer"));

        Assert.Equal(
            """{"site": "Shop", "model": "Product", "columns": ["id", "title", "price"], "admin": "/admin/items/product/", "items": ["pen", "ink"]}""",
            await pair.TextAsync(pair.Red, "/all"));
        Assert.Equal(
            """{"site": "Library", "model": "Book", "columns": ["id", "author"], "admin": "/admin/items/book/", "items": ["Ovid", "Homer"]}""",
            await pair.TextAsync(pair.Blue, "/all"));
    }

    [Theory, MemberData(nameof(InstalledPythons.WithModule), "django", MemberType = typeof(InstalledPythons))]
    public async Task Templates_AreTheProjectsOwn(string python)
    {
        var pair = await PairAsync(python);

        Assert.Contains("<title>Shop</title>\n<p>shop template</p>", await pair.TextAsync(pair.Red, "/page"), StringComparison.Ordinal);
        Assert.Contains("<title>Library</title>\n<p>library template</p>", await pair.TextAsync(pair.Blue, "/page"), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(InstalledPythons.WithModule), "django", MemberType = typeof(InstalledPythons))]
    public async Task TheAdmin_LetsItsOwnUserInAndListsItsOwnModels(string python)
    {
        var pair = await PairAsync(python);
        await DjangoProjects.ManageAsync(python, pair.Red, "createsuperuser", "--noinput", "--username", "boss", "--email", "boss@example.com");

        foreach (var (tenant, site) in new[] { (pair.Red, "Shop"), (pair.Blue, "Library") })
            Assert.Contains($"{site} administration", await pair.TextAsync(tenant, "/admin/login/"), StringComparison.Ordinal);

        var (shopStatus, session) = await LoginAsync(pair, pair.Red);
        var (libraryStatus, _) = await LoginAsync(pair, pair.Blue);
        Assert.Equal(HttpStatusCode.Found, shopStatus);
        Assert.Equal(HttpStatusCode.OK, libraryStatus);

        using var index = await pair.Client.SendAsync(HttpMethod.Get, pair.Red.Url("/admin/"), null, ("Cookie", session));
        var page = await index.TextAsync(HttpStatusCode.OK);
        Assert.Contains("/admin/items/product/add/", page, StringComparison.Ordinal);
        Assert.DoesNotContain("/admin/items/book/", page, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(InstalledPythons.WithModule), "django", MemberType = typeof(InstalledPythons))]
    public async Task UnderAsgi_SynchronousViewsAnswerForTheirOwnProject(string python)
    {
        var pair = await PairAsync(python);

        await Parallel.ForAsync(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (number, _) =>
        {
            var (tenant, name) = number % 2 == 0 ? (pair.Red, "red") : (pair.Blue, "blue");
            Assert.Equal($"{name} {number} {name}", await AskAsync(pair, tenant, $"/item/{number}"));
        });

        // The database is reached from the thread that runs synchronous code for the loop.
        await Task.WhenAll(AskAsync(pair, pair.Red, "/add/pen"), AskAsync(pair, pair.Blue, "/add/Ovid"));
        Assert.Contains("\"items\": [\"pen\"]", await AskAsync(pair, pair.Red, "/all"), StringComparison.Ordinal);
        Assert.Contains("\"items\": [\"Ovid\"]", await AskAsync(pair, pair.Blue, "/all"), StringComparison.Ordinal);

        static async Task<string> AskAsync(TenantPair pair, Tenant tenant, string path)
        {
            var url = new Uri($"http://{SharedGateway.DjangoAsgiHost}{path}");
            using var response = await pair.Client.SendAsync(HttpMethod.Get, url, null, (SharedGateway.TenantHeader, tenant.Name));
            return await response.TextAsync(HttpStatusCode.OK);
        }
    }

    /// <summary>Submits the login form as a browser would: token, cookies, then the session's cookie.</summary>
    private static async Task<(HttpStatusCode Status, string Cookies)> LoginAsync(TenantPair pair, Tenant tenant)
    {
        using var form = await pair.Client.GetAsync(tenant.Url("/admin/login/?next=/admin/"));
        var token = CsrfToken().Match(await form.TextAsync(HttpStatusCode.OK)).Groups[1].Value;
        var content = new FormUrlEncodedContent([new("csrfmiddlewaretoken", token), new("username", "boss"), new("password", "open sesame"), new("next", "/admin/")]);
        using var answer = await pair.Client.SendAsync(HttpMethod.Post, tenant.Url("/admin/login/?next=/admin/"), content, ("Cookie", Cookies(form)));
        return (answer.StatusCode, Cookies(answer));
    }

    private static string Cookies(HttpResponseMessage response) => string.Join("; ", response.Values("Set-Cookie").Select(value => value.Split(';')[0]));

    private async Task<TenantPair> PairAsync(string python) => await DjangoProjects.PairAsync(await gateways.ForAsync(python), python);

    [GeneratedRegex("name=\"csrfmiddlewaretoken\" value=\"([^\"]+)\"")]
    private static partial Regex CsrfToken();
}
