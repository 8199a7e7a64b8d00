namespace Aspire.Hosting.ApplicationModel;

/// <summary>A Python web app that a <see cref="SnakeGatewayResource"/> serves. It has no process of its own: it starts with its first request.</summary>
/// <remarks>What is referenced and set as environment reaches the app's <c>os.environ</c>, and no other tenant's.</remarks>
/// <param name="name">Its name, which is a DNS label: it answers at <c>{name}.localhost</c> and <c>{name}.dev.localhost</c>.</param>
/// <param name="gateway">Who serves it.</param>
/// <param name="directory">Its folder, an absolute path.</param>
public sealed class PythonTenantResource(string name, SnakeGatewayResource gateway, string directory)
    : Resource(name), IResourceWithParent<SnakeGatewayResource>, IResourceWithEnvironment, IResourceWithWaitSupport
{
    public SnakeGatewayResource Parent { get; } = gateway;

    /// <summary>The app's folder, an absolute path.</summary>
    public string Directory { get; } = directory;

    /// <summary><c>module:attribute</c>, <c>module:factory()</c> or <c>auto</c>.</summary>
    public string App { get; internal set; } = "auto";

    /// <summary><c>auto</c>, <c>wsgi</c> or <c>asgi</c>.</summary>
    public string Interface { get; internal set; } = "auto";

    /// <summary>The virtual environment, an absolute path; null for <c>.venv</c> or <c>venv</c> in the folder, if there is one.</summary>
    public string? VirtualEnvironment { get; internal set; }

    /// <summary>Hosts of its own, beside its address.</summary>
    public IReadOnlyList<string> Hosts => OwnHosts;

    internal List<string> OwnHosts { get; } = [];

    /// <summary>Found in the gateway's folder of apps, not added by name: the gateway's route for that folder serves it.</summary>
    internal bool IsDiscovered { get; init; }

    /// <summary>With what the names of the variables begin that the gateway hands to this tenant only.</summary>
    internal string EnvironmentPrefix => $"SNAKEHOST_ENV_{Name.ToUpperInvariant().Replace('-', '_')}__";
}
