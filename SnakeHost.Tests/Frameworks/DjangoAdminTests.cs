using System.Net;
using System.Text.RegularExpressions;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Django's admin as a user meets it: styled by static files that the gateway serves, and behind a login.</summary>
public sealed partial class DjangoAdminTests
{
    [Theory, MemberData(nameof(InstalledPythons.WithModule), "django", MemberType = typeof(InstalledPythons))]
    public async Task TheAdmin_IsStyledAndLetsItsUserIn(string python)
    {
        using var tenants = new TenantFolder();
        var shop = tenants.Add("shop").Copy(Fixtures.Find("Frameworks", "django_shop")).Write("identity.py", "NAME = \"red\"\n");
        await File.AppendAllTextAsync(
            Path.Combine(shop.Directory, "mysite", "settings.py"),
            "\nINSTALLED_APPS += [\"django.contrib.staticfiles\"]\nSTATIC_ROOT = BASE_DIR / \"collected\"\n",
            TestContext.Current.CancellationToken);
        await DjangoProjects.MigrateAsync(python, shop, "django_shop");
        await DjangoProjects.ManageAsync(python, shop, "collectstatic", "--noinput", "--verbosity", "0");
        await DjangoProjects.ManageAsync(python, shop, "createsuperuser", "--noinput", "--username", "boss", "--email", "boss@example.com");
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Arguments = ["--SnakeHost:RouteDefaults:Static:/static=collected"] });

        using var login = await gateway.Client.GetAsync(shop.Url("/admin/login/?next=/admin/"), TestContext.Current.CancellationToken);
        var form = await login.TextAsync(HttpStatusCode.OK);
        using var style = await gateway.Client.GetAsync(shop.Url(StyleLink().Match(form).Groups[1].Value), TestContext.Current.CancellationToken);
        Assert.Contains("body", await style.TextAsync(HttpStatusCode.OK), StringComparison.Ordinal);
        Assert.Equal("text/css", style.Content.Headers.ContentType!.MediaType);

        var content = new FormUrlEncodedContent([new("csrfmiddlewaretoken", Token().Match(form).Groups[1].Value), new("username", "boss"), new("password", "open sesame"), new("next", "/admin/")]);
        using var entered = await gateway.Client.SendAsync(HttpMethod.Post, shop.Url("/admin/login/?next=/admin/"), content, ("Cookie", Cookies(login)));
        Assert.Equal(HttpStatusCode.Found, entered.StatusCode);
        Assert.Equal("/admin/", entered.Headers.Location!.OriginalString);
        using var index = await gateway.Client.SendAsync(HttpMethod.Get, shop.Url("/admin/"), null, ("Cookie", Cookies(entered)));
        Assert.Contains("Site administration", await index.TextAsync(HttpStatusCode.OK), StringComparison.Ordinal);
    }

    private static string Cookies(HttpResponseMessage response) => string.Join("; ", response.Values("Set-Cookie").Select(value => value.Split(';')[0]));

    [GeneratedRegex("<link rel=\"stylesheet\"[^>]* href=\"([^\"]+\\.css)\"")]
    private static partial Regex StyleLink();

    [GeneratedRegex("name=\"csrfmiddlewaretoken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
