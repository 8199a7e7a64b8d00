using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace SnakeHost.Hosting;

/// <summary>Writes the gateway's configuration as environment variables; see docs/configuration.md.</summary>
internal static class GatewayEnvironment
{
    /// <summary>In a manifest a brace opens an expression, which a deployment tool evaluates; a placeholder's is doubled.</summary>
    private const string Manifest = "manifest";

    /// <summary>RFC 1918, RFC 6598 and RFC 4193.</summary>
    private const string PrivateNetworks = "10.0.0.0/8;172.16.0.0/12;192.168.0.0/16;100.64.0.0/10;fc00::/7";

    public static async Task WriteAsync(EnvironmentCallbackContext context)
    {
        // When published the project has been replaced by a container, which carries the project's callbacks.
        var gateway = context.Resource as SnakeGatewayResource ?? GatewayImage.Project(context.Resource);
        var variables = context.EnvironmentVariables;
        var layout = context.ExecutionContext.IsPublishMode ? GatewayLayout.Image(gateway) : GatewayLayout.Machine(gateway);
        var http = ((IResourceWithEndpoints)context.Resource).GetEndpoint(SnakeGatewayResource.HttpEndpoint);
        if (context.ExecutionContext.IsPublishMode)
        {
            variables["SnakeHost__Listen"] = ReferenceExpression.Create($":{http.Property(EndpointProperty.TargetPort)}");
            variables["SnakeHost__Admin__Listen"] = "off";
            variables["SnakeHost__HealthPath"] = SnakeGatewayResource.HealthPath;
            // Until the platform sends nothing to a replica that ends.
            variables["SnakeHost__Drain"] = "5s";
            // A cloud's ingress connects from a private address. What Aspire sets in a project believes everybody, and the gateway does not look at it.
            variables.Remove("ASPNETCORE_FORWARDEDHEADERS_ENABLED");
            variables["SnakeHost__TrustedProxies"] = PrivateNetworks;
        }
        else
        {
            variables["SnakeHost__Listen"] = ReferenceExpression.Create($"127.0.0.1:{http.Property(EndpointProperty.TargetPort)}");
            variables["SnakeHost__Admin__Listen"] = ReferenceExpression.Create($"127.0.0.1:{gateway.GetEndpoint(SnakeGatewayResource.AdminEndpoint).Property(EndpointProperty.TargetPort)}");
            variables["SnakeHost__Admin__Token"] = gateway.AdminToken;
            // An image has its own, for which the tenants' environments are made there.
            if (gateway.PythonExecutable is { } python)
                variables["SnakeHost__Python__Executable"] = python;
        }

        if (layout.Root is { } root)
            variables["SnakeHost__Root"] = root;
        // An image's files do not change.
        if ((context.ExecutionContext.IsPublishMode ? (false, false) : gateway.Autoreload) is var (enabled, browser))
        {
            variables["SnakeHost__RouteDefaults__Autoreload__Enabled"] = enabled ? "true" : "false";
            variables["SnakeHost__RouteDefaults__Autoreload__Browser"] = browser ? "true" : "false";
        }

        foreach (var tenant in gateway.Tenants.Where(tenant => tenant.HasOwnRoute))
            await HandOverAsync(tenant, context);
        var number = 0;
        foreach (var (route, tenant) in layout.Routes())
        {
            Write(variables, number, route, tenant?.EnvironmentPrefix, text => context.ExecutionContext is { IsPublishMode: true, PublisherName: Manifest } ? GatewayLayout.Literal(text) : text);
            if (tenant is { IsHeld: true })
                variables[string.Create(CultureInfo.InvariantCulture, $"SnakeHost__Routes__{number}__EnvLater")] = "true";
            number++;
        }
    }

    private static void Write(Dictionary<string, object> variables, int number, SnakeRoute route, string? environmentPrefix, Func<string, string> escape)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"SnakeHost__Routes__{number}__");
        variables[$"{key}Host"] = route.Host;
        variables[$"{key}WorkingDirectory"] = escape(route.WorkingDirectory);
        Set("Path", route.Path, "/");
        Set("App", route.App, "auto");
        Set("Interface", route.Interface, "auto");
        Set("Isolation", route.Isolation, "auto");
        Set("Processes", route.Processes.ToString(CultureInfo.InvariantCulture), "1");
        Set("Debugger__Enabled", route.Debugger is null ? "false" : "true", "false");
        Set("Debugger__Port", (route.Debugger?.Port ?? 0).ToString(CultureInfo.InvariantCulture), "0");
        Set("Debugger__Wait", route.Debugger?.Wait == true ? "true" : "false", "false");
        Set("Name", route.Name, "");
        Set("Venv", route.VirtualEnvironment, "");
        Set("EnvPrefix", environmentPrefix ?? "", "");

        void Set(string name, string value, string otherwise)
        {
            if (value != otherwise)
                variables[key + name] = escape(value);
        }
    }

    /// <summary>What is set on a tenant goes to the gateway under names that only this tenant's route takes up; later, by its admin listener, if it is not known.</summary>
    private static async Task HandOverAsync(PythonTenantResource tenant, EnvironmentCallbackContext gateway)
    {
        IReadOnlyDictionary<string, object>? variables;
        if (gateway.ExecutionContext.IsRunMode)
        {
            variables = await TenantVariables.KnownAsync(tenant, gateway.ExecutionContext, gateway.Logger, gateway.CancellationToken);
            tenant.IsHeld = variables is null;
        }
        else
        {
            var own = new EnvironmentCallbackContext(gateway.ExecutionContext, tenant, cancellationToken: gateway.CancellationToken) { Logger = gateway.Logger };
            foreach (var annotation in tenant.Annotations.OfType<EnvironmentCallbackAnnotation>().ToList())
                await annotation.Callback(own);
            foreach (var name in own.EnvironmentVariables.Keys)
                TenantRules.CheckVariable(tenant.Name, name);
            variables = own.EnvironmentVariables;
        }

        foreach (var (name, value) in variables ?? new Dictionary<string, object>())
            gateway.EnvironmentVariables[tenant.EnvironmentPrefix + name] = value;
    }
}
