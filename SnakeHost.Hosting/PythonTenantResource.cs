using System.Net.Sockets;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A Python web app that a <see cref="SnakeGatewayResource"/> serves. It has no process of its own: it starts with its first request.</summary>
/// <remarks>What is referenced and set as environment reaches the app's <c>os.environ</c>, and no other tenant's.</remarks>
public sealed class PythonTenantResource : Resource, IResourceWithParent<SnakeGatewayResource>, IResourceWithEnvironment, IResourceWithWaitSupport, IResourceWithServiceDiscovery
{
    internal const string HttpEndpoint = "http";

    /// <param name="name">Its name, which is a DNS label: it answers at <c>{name}.localhost</c> and <c>{name}.dev.localhost</c>.</param>
    /// <param name="gateway">Who serves it.</param>
    /// <param name="directory">Its folder, an absolute path.</param>
    public PythonTenantResource(string name, SnakeGatewayResource gateway, string directory)
        : base(name)
    {
        Parent = gateway;
        Directory = directory;
        // Without a proxy: an orchestrator would open one for it, behind which nobody listens.
        Endpoint = new EndpointAnnotation(ProtocolType.Tcp, uriScheme: "http", name: HttpEndpoint, isProxied: false);
        Annotations.Add(Endpoint);
    }

    /// <summary>Who serves it.</summary>
    public SnakeGatewayResource Parent { get; }

    /// <summary>The app's folder, an absolute path.</summary>
    public string Directory { get; }

    /// <summary><c>module:attribute</c>, <c>module:factory()</c> or <c>auto</c>.</summary>
    public string App { get; internal set; } = "auto";

    /// <summary><c>auto</c>, <c>wsgi</c> or <c>asgi</c>.</summary>
    public string Interface { get; internal set; } = "auto";

    /// <summary><c>auto</c>, <c>shared</c> or <c>process</c>.</summary>
    public string Isolation { get; internal set; } = "auto";

    /// <summary>How many processes it has of its own, if it has any.</summary>
    public int Processes { get; internal set; } = 1;

    /// <summary>How it is debugged from the start on this machine; null for not at all.</summary>
    internal (int Port, bool Wait)? Debugger { get; set; }

    /// <summary>The virtual environment, an absolute path; null for <c>.venv</c> or <c>venv</c> in the folder, if there is one.</summary>
    public string? VirtualEnvironment { get; internal set; }

    /// <summary>Hosts of its own, beside its address.</summary>
    public IReadOnlyList<string> Hosts => OwnHosts;

    /// <summary>
    /// Where other services reach it, here and published: below the gateway's own address, as <c>http://localhost:PORT/{name}</c>. The name that
    /// browsers use, <c>{name}.dev.localhost</c>, is one that few other clients resolve.
    /// </summary>
    public ReferenceExpression Url => ReferenceExpression.Create($"{Parent.GetEndpoint(SnakeGatewayResource.HttpEndpoint)}/{Segment}");

    internal List<string> OwnHosts { get; } = [];

    /// <summary>Names of folders that outlive an image.</summary>
    internal List<string> Volumes { get; } = [];

    internal EndpointAnnotation Endpoint { get; }

    /// <summary>Found in the gateway's folder of apps, not added by name.</summary>
    internal bool IsDiscovered { get; init; }

    /// <summary>It has a route of its own, as something was said of it; else the gateway's route for the folder of apps serves it.</summary>
    internal bool HasOwnRoute =>
        !IsDiscovered || App != "auto" || Interface != "auto" || Isolation != "auto" || Debugger is not null || VirtualEnvironment is not null || OwnHosts.Count > 0
        || Annotations.Any(static annotation => annotation is EnvironmentCallbackAnnotation or WaitAnnotation);

    /// <summary>What the gateway calls it.</summary>
    internal string Id => Segment.ToLowerInvariant();

    /// <summary>The segment of the path that leads to it: its folder's name, where that is not its own (<c>my_app</c> is shown as <c>my-app</c>).</summary>
    internal string Segment => HasOwnRoute ? Name : Path.GetFileName(Directory);

    /// <summary>Its host for a browser on this machine.</summary>
    internal string Host => $"{Name.ToLowerInvariant()}.dev.localhost";

    /// <summary>Another one, with which the gateway is asked directly.</summary>
    internal string LocalHost => $"{Name.ToLowerInvariant()}.localhost";

    /// <summary>Somebody waits for it, so it is loaded as soon as there is a gateway to load it.</summary>
    internal bool IsAwaited { get; set; }

    /// <summary>Its variables are not known yet, or what it waits for is not there: it is not loaded, and the other tenants are.</summary>
    internal bool IsHeld { get; set; }

    /// <summary>What it waits for has failed: it stays unloaded until the gateway is started anew.</summary>
    internal bool IsRefused { get; set; }

    /// <summary>What it waits for, by name.</summary>
    internal IReadOnlyList<string> WaitingFor { get; set; } = [];

    /// <summary>What was set on it, with its values on this machine; empty until the gateway is started.</summary>
    internal IReadOnlyList<EnvironmentVariableSnapshot> Variables { get; set; } = [];

    /// <summary>With what the names of the variables begin that the gateway hands to this tenant only.</summary>
    internal string EnvironmentPrefix => $"SNAKEHOST_ENV_{Name.ToUpperInvariant().Replace('-', '_')}__";
}
