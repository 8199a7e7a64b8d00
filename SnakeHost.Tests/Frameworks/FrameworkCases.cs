namespace SnakeHost.Tests.Frameworks;

/// <summary>The frameworks under test: the fixture's folder, and the module whose presence lets an interpreter run it.</summary>
public static class FrameworkCases
{
    /// <summary>Ends the name of a case that runs under <c>wsgiref.validate</c>.</summary>
    public const string Refereed = " under the referee";

    /// <summary>What parses forms for Starlette, by the name it has had since its 0.0.13, or by the one before that.</summary>
    internal const string Multipart = "python_multipart | multipart.multipart";

    private static readonly (string Fixture, string Module)[] s_frameworks =
    [
        ("flask", "flask"),
        ("fastapi", "fastapi, " + Multipart),
        ("starlette", "starlette, " + Multipart),
        ("django", "django"),
        ("quart", "quart"),
        ("litestar", "litestar"),
        ("bottle", "bottle"),
        ("falcon_wsgi", "falcon"),
        ("falcon_asgi", "falcon.asgi"),
        ("flask" + Refereed, "flask"),
        ("django" + Refereed, "django"),
        ("bottle" + Refereed, "bottle"),
        ("falcon_wsgi" + Refereed, "falcon"),
    ];

    /// <summary>Every framework on every interpreter that can import it; one skipped row for a framework that none can.</summary>
    public static TheoryData<string, string> All
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var (fixture, module) in s_frameworks)
            {
                foreach (var python in InstalledPythons.WithModule(module))
                    cases.Add(new TheoryDataRow<string, string>(fixture, python.Data) { Skip = python.Skip });
            }

            return cases;
        }
    }
}
