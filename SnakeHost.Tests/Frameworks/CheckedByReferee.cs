using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Puts <c>wsgiref.validate</c> between the gateway and a tenant's app, in which it finds faults of both.</summary>
internal static class CheckedByReferee
{
    private const string Wrapping =
        """
        import warnings
        from wsgiref.validate import WSGIWarning, validator

        warnings.simplefilter("error", WSGIWarning)

        def refereed(app):
            return validator(app)

        """;

    /// <summary>The tenant's <c>main.py</c> becomes another module, whose app the new one wraps.</summary>
    public static Tenant Wrap(Tenant tenant)
    {
        File.Move(Path.Combine(tenant.Directory, "main.py"), Path.Combine(tenant.Directory, "unwrapped.py"));
        return tenant.Write("main.py", "from unwrapped import app as unwrapped\n" + Wrapping + "app = refereed(unwrapped)\n");
    }

    /// <summary>The same for a Django project's <c>mysite/wsgi.py</c>.</summary>
    public static Tenant WrapDjango(Tenant tenant)
    {
        File.AppendAllText(Path.Combine(tenant.Directory, "mysite", "wsgi.py"), "\n" + Wrapping + "application = refereed(application)\n");
        return tenant;
    }
}
