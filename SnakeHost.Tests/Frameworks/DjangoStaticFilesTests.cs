using System.Net;
using System.Text.RegularExpressions;
using SnakeHost.Tests.Conformance;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>A project as <c>startproject</c> makes it has its static files, as under <c>runserver</c>: in Development and with DEBUG.</summary>
public sealed partial class DjangoStaticFilesTests
{
    /// <summary>WSGI and ASGI, each with a host of its own and below a prefix: four apps, since Django keeps the STATIC_URL of its first request.</summary>
    private static readonly string[] s_places = ["http://shop.localhost", "http://shop.asgi.localhost", "http://wsgi.localhost/shop", "http://asgi.localhost/shop"];

    private static readonly string[] s_routes =
    [
        .. SharedGateway.Route(0, ("Host", "*.localhost"), ("WorkingDirectory", "{http.request.host.labels.1}")),
        .. SharedGateway.Route(1, ("Host", "*.asgi.localhost"), ("WorkingDirectory", "{http.request.host.labels.2}"), ("App", "mysite.asgi:application")),
        .. SharedGateway.Route(2, ("Host", "wsgi.localhost"), ("Path", "/*"), ("WorkingDirectory", "{http.request.uri.path.0}"), ("Env:PLACE", "below")),
        .. SharedGateway.Route(3, ("Host", "asgi.localhost"), ("Path", "/*"), ("WorkingDirectory", "{http.request.uri.path.0}"), ("Env:PLACE", "below"), ("App", "mysite.asgi:application")),
    ];

    public static TheoryData<string> WithDjango => InstalledPythons.WithModule("django");

    public static TheoryData<string> WithChannels => InstalledPythons.WithModule("django, channels");

    [Theory, MemberData(nameof(WithDjango))]
    [Conforms(Standard.Gateway, "Frameworks", "Django: static files in Development without configuration, with WSGI and ASGI, below a prefix too")]
    public async Task InDevelopment_AProjectHasItsStaticFiles(string python)
    {
        using var tenants = new TenantFolder();
        var shop = await ProjectAsync(python, tenants, "STATIC_URL = 'static/'\nSTATICFILES_DIRS = [BASE_DIR / 'assets']\n");
        shop.Write("assets/own.css", "/* its own */");
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Arguments = s_routes });

        foreach (var place in s_places)
        {
            var link = await StyleAsync(gateway, place);
            Assert.StartsWith(new Uri(place + "/").AbsolutePath + "static/", link, StringComparison.Ordinal);
            using var style = await gateway.Client.GetAsync(new Uri(new Uri(place), link), TestContext.Current.CancellationToken);
            Assert.Contains("body", await style.TextAsync(HttpStatusCode.OK), StringComparison.Ordinal);
            Assert.Equal("text/css", style.Content.Headers.ContentType!.MediaType);
            Assert.Equal("/* its own */", await gateway.Client.TextAsync(new($"{place}/static/own.css")));
            await ExpectNoneAsync(gateway, $"{place}/static/none.css");
        }
    }

    [Theory, MemberData(nameof(WithDjango))]
    public async Task AUrlThatHoldsThePrefix_IsServedBelowIt(string python)
    {
        using var tenants = new TenantFolder();
        await ProjectAsync(python, tenants, "STATIC_URL = '/shop/static/'\n");
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Arguments = s_routes });

        foreach (var place in s_places[2..])
            Assert.Contains("body", await gateway.Client.TextAsync(new(new Uri(place), await StyleAsync(gateway, place))), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(WithChannels))]
    public async Task WithinMiddlewareAndARouterOfChannels_TheyAreFound(string python)
    {
        using var tenants = new TenantFolder();
        var shop = await ProjectAsync(python, tenants, "STATIC_URL = 'static/'\n");
        await File.AppendAllTextAsync(Path.Combine(shop.Directory, "mysite", "wsgi.py"),
            """


            class Around:
                def __init__(self, app):
                    self.app = app

                def __call__(self, environ, start_response):
                    return self.app(environ, start_response)

            application = Around(application)
            """, TestContext.Current.CancellationToken);
        await File.AppendAllTextAsync(Path.Combine(shop.Directory, "mysite", "asgi.py"),
            """

            from channels.routing import ProtocolTypeRouter
            application = ProtocolTypeRouter({"http": application})
            """, TestContext.Current.CancellationToken);
        await using var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Arguments = s_routes });

        foreach (var place in s_places)
            Assert.Contains("body", await gateway.Client.TextAsync(new($"{place}/static/admin/css/base.css")), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(WithDjango))]
    public async Task WhereTheyAreNotDjangos_NothingIsServed(string python)
    {
        using var tenants = new TenantFolder();
        await ProjectAsync(python, tenants, "STATIC_URL = 'static/'\n");
        await ProjectAsync(python, tenants, "STATIC_URL = 'static/'\nDEBUG = False\nALLOWED_HOSTS = ['*']\n", "released");
        await ProjectAsync(python, tenants, "INSTALLED_APPS.remove('django.contrib.staticfiles')\nSTATIC_URL = 'static/'\n", "without");
        var nowhere = await ProjectAsync(python, tenants, "STATIC_URL = None\nINSTALLED_APPS.remove('django.contrib.admin')\nROOT_URLCONF = 'plain'\n", "nowhere");
        nowhere.Write("plain.py", "from django.http import HttpResponse\nfrom django.urls import path\nurlpatterns = [path('static/a.css', lambda request: HttpResponse('a view'))]\n");
        var whitenoise = await ProjectAsync(python, tenants, "STATIC_URL = 'static/'\nMIDDLEWARE.insert(0, 'whitenoise.middleware.Served')\n", "whitenoise");
        whitenoise.Write("whitenoise/middleware.py",
            """
            from django.http import HttpResponse

            class Served:
                sync_capable = async_capable = True

                def __init__(self, get_response):
                    pass

                def __call__(self, request):
                    return HttpResponse("by the middleware")
            """);

        await using (var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Arguments = s_routes }))
        {
            await ExpectNoneAsync(gateway, "http://released.localhost/static/admin/css/base.css");
            await ExpectNoneAsync(gateway, "http://without.localhost/static/admin/css/base.css");
            Assert.Equal("a view", await gateway.Client.TextAsync(new("http://nowhere.localhost/static/a.css")));
            Assert.Equal("by the middleware", await gateway.Client.TextAsync(new("http://whitenoise.localhost/static/admin/css/base.css")));
        }

        await using (var gateway = await GatewayProcess.StartAsync(new() { Python = python, Root = tenants.Root, Arguments = s_routes, EnvironmentName = "Production" }))
        {
            foreach (var place in s_places)
                await ExpectNoneAsync(gateway, $"{place}/static/admin/css/base.css");
        }
    }

    private static async Task<Tenant> ProjectAsync(string python, TenantFolder tenants, string settings, string name = "shop")
    {
        var project = tenants.Add(name);
        await DjangoProjects.StartAsync(python, project);
        await File.AppendAllTextAsync(Path.Combine(project.Directory, "mysite", "settings.py"), "\n" + settings);
        return project;
    }

    /// <summary>Where the admin says that its style is.</summary>
    private static async Task<string> StyleAsync(GatewayProcess gateway, string place) =>
        StyleLink().Match(await gateway.Client.TextAsync(new($"{place}/admin/login/"))).Groups[1].Value;

    private static async Task ExpectNoneAsync(GatewayProcess gateway, string address)
    {
        using var response = await gateway.Client.GetAsync(new Uri(address));
        await response.TextAsync(HttpStatusCode.NotFound);
    }

    [GeneratedRegex("<link rel=\"stylesheet\"[^>]* href=\"([^\"]+\\.css)\"")]
    private static partial Regex StyleLink();
}
