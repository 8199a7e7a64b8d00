using System.Diagnostics;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Two Django projects, both called <c>mysite</c> with an app <c>items</c>: a shop (red) and a library (blue), with unequal models and settings.</summary>
internal static class DjangoProjects
{
    /// <summary>Both projects as tenants, their databases migrated by their own <c>manage.py</c> in a process of its own.</summary>
    public static async Task<TenantPair> PairAsync(SharedGateway gateway, string python)
    {
        var shop = gateway.NewTenant("red").Copy(Fixtures.Find("Frameworks", "django_shop"));
        var library = gateway.NewTenant("blue").Copy(Fixtures.Find("Frameworks", "django_library"));
        await Task.WhenAll(ManageAsync(python, shop, "migrate", "--verbosity", "0"), ManageAsync(python, library, "migrate", "--verbosity", "0"));
        return new TenantPair(gateway, shop, library);
    }

    /// <summary>What <c>django-admin startproject mysite .</c> makes, in the tenant.</summary>
    public static Task StartAsync(string python, Tenant tenant) => RunAsync(python, tenant, "-m", "django", "startproject", "mysite", ".");

    /// <summary>Runs <c>manage.py</c> of the tenant as a developer would.</summary>
    public static Task ManageAsync(string python, Tenant tenant, params string[] arguments) => RunAsync(python, tenant, ["manage.py", .. arguments]);

    private static async Task RunAsync(string python, Tenant tenant, params string[] arguments)
    {
        var start = new ProcessStartInfo(python, arguments)
        {
            WorkingDirectory = tenant.Directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("PYTHONDONTWRITEBYTECODE");
        start.Environment["DJANGO_SUPERUSER_PASSWORD"] = "open sesame";
        using var process = ChildProcess.Start(start);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await output + await errors);
    }
}
