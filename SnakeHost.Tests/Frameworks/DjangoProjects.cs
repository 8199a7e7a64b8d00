using System.Collections.Concurrent;
using System.Diagnostics;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Two Django projects, both called <c>mysite</c> with an app <c>items</c>: a shop (red) and a library (blue), with unequal models and settings.</summary>
internal static class DjangoProjects
{
    private const string Database = "site.sqlite3";

    private static readonly ConcurrentDictionary<(string Python, string Fixture), Lazy<Task<byte[]>>> s_databases = [];
    private static readonly ConcurrentDictionary<string, Lazy<Task<IReadOnlyList<(string Path, string Content)>>>> s_projects = [];

    /// <summary>Both projects as tenants, their databases migrated.</summary>
    public static async Task<TenantPair> PairAsync(SharedGateway gateway, string python)
    {
        var shop = gateway.NewTenant("red").Copy(Fixtures.Find("Frameworks", "django_shop"));
        var library = gateway.NewTenant("blue").Copy(Fixtures.Find("Frameworks", "django_library"));
        await Task.WhenAll(MigrateAsync(python, shop, "django_shop"), MigrateAsync(python, library, "django_library"));
        return new TenantPair(gateway, shop, library);
    }

    /// <summary>Gives the tenant the database that <c>manage.py migrate</c> makes of the fixture's migrations. To run it takes more than a second: once for each interpreter.</summary>
    public static async Task MigrateAsync(string python, Tenant tenant, string fixture)
    {
        var database = await s_databases.GetOrAdd((python, fixture), _ => new(MakeAsync)).Value;
        ChildProcess.WhileNoneStarts(() => File.WriteAllBytes(Path.Combine(tenant.Directory, Database), database));

        async Task<byte[]> MakeAsync()
        {
            using var folder = new TenantFolder();
            var made = folder.Add("made").Copy(Fixtures.Find("Frameworks", fixture)).Write("identity.py", "NAME = \"made\"\n").Write("version.py", SavedPair.Version("made"));
            await ManageAsync(python, made, "migrate", "--verbosity", "0");
            return await File.ReadAllBytesAsync(Path.Combine(made.Directory, Database));
        }
    }

    /// <summary>What <c>django-admin startproject mysite .</c> makes, in the tenant.</summary>
    public static async Task StartAsync(string python, Tenant tenant)
    {
        foreach (var (path, content) in await s_projects.GetOrAdd(python, _ => new(MakeAsync)).Value)
            tenant.Write(path, content);

        async Task<IReadOnlyList<(string, string)>> MakeAsync()
        {
            using var folder = new TenantFolder();
            var made = folder.Add("made");
            await RunAsync(python, made, "-m", "django", "startproject", "mysite", ".");
            return [.. Directory.EnumerateFiles(made.Directory, "*.py", SearchOption.AllDirectories).Select(file => (Path.GetRelativePath(made.Directory, file), File.ReadAllText(file)))];
        }
    }

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
