namespace SnakeHost.Tests.Harness;

/// <summary>A gateway that serves every folder of its Root, and the routes that the tests of several folders need.</summary>
internal sealed class SharedGateway : IAsyncDisposable
{
    /// <summary>Serves, below <see cref="MountPath"/>, the tenant that the <see cref="TenantHeader"/> names.</summary>
    public const string MountHost = "mount.test";
    public const string MountPath = "/api/v1";

    /// <summary>Serves <c>main:create_app()</c> of the tenant that the <see cref="TenantHeader"/> names.</summary>
    public const string FactoryHost = "factory.test";

    /// <summary>Serves <c>mysite.asgi:application</c> of the tenant that the <see cref="TenantHeader"/> names.</summary>
    public const string DjangoAsgiHost = "django-asgi.test";

    /// <summary>Serves, with numpy and pandas of its own, the tenant that the <see cref="TenantHeader"/> names.</summary>
    public const string PrivateHost = "private.test";

    /// <summary>Serves the tenant that the <see cref="TenantHeader"/> names, in the gateway's process or not at all.</summary>
    public const string SharedHost = "shared.test";

    /// <summary>Serves the tenant that the <see cref="TenantHeader"/> names, in a process of its own.</summary>
    public const string ProcessHost = "process.test";
    public const string TenantHeader = "X-Tenant";

    private static readonly string[] s_arguments =
    [
        .. Route(0, ("Host", "*.localhost"), ("WorkingDirectory", "{http.request.host.labels.1}"), ("App", "auto"), ("EnvFiles:0", ".env"), ("Env:TENANT_LABEL", "{http.request.host.labels.1}")),
        .. Route(1, ("Host", MountHost), ("Path", MountPath), ("WorkingDirectory", $"{{http.request.header.{TenantHeader}}}"), ("App", "main:app")),
        .. Route(2, ("Host", FactoryHost), ("WorkingDirectory", $"{{http.request.header.{TenantHeader}}}"), ("App", "main:create_app()")),
        .. Route(3, ("Host", DjangoAsgiHost), ("WorkingDirectory", $"{{http.request.header.{TenantHeader}}}"), ("App", "mysite.asgi:application")),
        .. Route(4, ("Host", PrivateHost), ("WorkingDirectory", $"{{http.request.header.{TenantHeader}}}"), ("App", "auto"), ("PrivatePackages:0", "numpy"), ("PrivatePackages:1", "pandas")),
        .. Route(5, ("Host", SharedHost), ("WorkingDirectory", $"{{http.request.header.{TenantHeader}}}"), ("App", "auto"), ("Isolation", "shared")),
        .. Route(6, ("Host", ProcessHost), ("WorkingDirectory", $"{{http.request.header.{TenantHeader}}}"), ("App", "auto"), ("Isolation", "process")),
        "--SnakeHost:Tenants:MaxTenants=2000",
    ];

    private SharedGateway(GatewayProcess process, TenantFolder tenants)
    {
        Process = process;
        Tenants = tenants;
    }

    public GatewayProcess Process { get; }

    public TenantFolder Tenants { get; }

    public HttpClient Client => Process.Client;

    public static async Task<SharedGateway> StartAsync(string python, params (string Key, string Value)[] environment)
    {
        var tenants = new TenantFolder();
        var isProcess = InstalledPythons.Parse(python).IsProcess;
        try
        {
            return new SharedGateway(await GatewayProcess.StartAsync(new()
            {
                Python = python,
                Root = tenants.Root,
                Arguments = isProcess ? [.. s_arguments, "--SnakeHost:Tenants:MaxTenants=12"] : s_arguments,
                Environment = environment.ToDictionary(variable => variable.Key, variable => variable.Value),
            }), tenants);
        }
        catch
        {
            tenants.Dispose();
            throw;
        }
    }

    /// <summary>Arguments that configure a route of that number.</summary>
    public static IEnumerable<string> Route(int number, params (string Key, string Value)[] options) =>
        options.Select(option => $"--SnakeHost:Routes:{number}:{option.Key}={option.Value}");

    /// <summary>Two tenants with the same files, but for the <c>identity.py</c> that names each.</summary>
    public TenantPair Pair(params (string Path, string Content)[] files) =>
        new(this, NewTenant("red", files), NewTenant("blue", files));

    /// <summary>Two tenants with the same fixture app, but for the <c>identity.py</c> that names each.</summary>
    public TenantPair PairOf(string fixture) =>
        new(this, NewTenant("red").Copy(fixture), NewTenant("blue").Copy(fixture));

    /// <summary>Asks a tenant as one that has to share the gateway's process.</summary>
    public Task<HttpResponseMessage> SharedAsync(Tenant tenant, string path = "/") => GetAsync(SharedHost, tenant, path);

    /// <summary>Asks a tenant as one that has a process of its own.</summary>
    public Task<HttpResponseMessage> ProcessAsync(Tenant tenant, string path = "/") => GetAsync(ProcessHost, tenant, path);

    public Tenant NewTenant(string name, params (string Path, string Content)[] files) =>
        Tenants.AddUnique(name, files).Write("identity.py", $"NAME = \"{name}\"\n");

    private Task<HttpResponseMessage> GetAsync(string host, Tenant tenant, string path) =>
        Client.SendAsync(HttpMethod.Get, new Uri($"http://{host}{path}"), null, (TenantHeader, tenant.Name));

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Process.StopAsync();
        }
        finally
        {
            await Process.DisposeAsync();
            Tenants.Dispose();
        }
    }
}
