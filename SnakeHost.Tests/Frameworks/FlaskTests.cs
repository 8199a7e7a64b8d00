using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

public sealed class FlaskTests(SharedGateways gateways)
{
    [Theory, MemberData(nameof(InstalledPythons.WithModule), "flask", MemberType = typeof(InstalledPythons))]
    public async Task TemplatesAndStaticFiles_AreFoundBesideTheTenantsModule(string python)
    {
        var pair = (await gateways.ForAsync(python)).PairOf(Fixtures.Find("Frameworks", "flask"));
        pair.Blue.Write("static/style.css", "body { color: navy }\n");

        await pair.EachAnswersAsync("/page", name => $"<!doctype html>\n<title>{name}</title>\n<link href=\"/static/style.css\">");
        await pair.EachAnswersAsync("/static/style.css", name => name == "red" ? "body { color: black }\n" : "body { color: navy }\n");
    }
}
