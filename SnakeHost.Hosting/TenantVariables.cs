using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging;

namespace SnakeHost.Hosting;

/// <summary>What is set on a tenant, which may not be known yet: a parameter that somebody is asked for, the address of a database that is not there.</summary>
internal static class TenantVariables
{
    /// <summary>What is known takes no time; what is not may take hours.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    /// <summary>The variables, or null when one of them is not known now, or the tenant waits for something.</summary>
    public static async Task<IReadOnlyDictionary<string, object>?> KnownAsync(PythonTenantResource tenant, DistributedApplicationExecutionContext context, ILogger logger, CancellationToken cancellationToken)
    {
        var waits = tenant.Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource).Where(other => other != tenant.Parent).ToList();
        if (waits.Count > 0)
        {
            tenant.WaitingFor = [.. waits.Select(other => other.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
            return null;
        }

        var own = new EnvironmentCallbackContext(context, tenant, cancellationToken: cancellationToken) { Logger = logger };
        var all = ResolveAsync(own);
        await Task.WhenAny(all, Task.Delay(s_patience, cancellationToken));
        if (all.IsCompletedSuccessfully)
        {
            tenant.Variables = Show(await all);
            return own.EnvironmentVariables;
        }

        // One that fails is this tenant's matter: it fails again, and is told of, when the gateway serves.
        _ = all.ContinueWith(static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        tenant.WaitingFor = [.. own.EnvironmentVariables.Values.OfType<IManifestExpressionProvider>().SelectMany(Parameters).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return null;
    }

    /// <summary>Waits for what the tenant waits for, and for its variables.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> WaitAsync(PythonTenantResource tenant, DistributedApplicationExecutionContext context, ILogger logger, CancellationToken cancellationToken)
    {
        var own = new EnvironmentCallbackContext(context, tenant, cancellationToken: cancellationToken) { Logger = logger };
        var values = await ResolveAsync(own);
        tenant.Variables = Show(values);
        return values;
    }

    private static async Task<IReadOnlyDictionary<string, string>> ResolveAsync(EnvironmentCallbackContext own)
    {
        foreach (var annotation in own.Resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToList())
            await annotation.Callback(own);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in own.EnvironmentVariables)
        {
            TenantRules.CheckVariable(own.Resource.Name, name);
            if ((value is IValueProvider provider ? await provider.GetValueAsync(own.CancellationToken) : value.ToString()) is { } text)
                values[name] = text;
        }

        return values;
    }

    private static IEnumerable<string> Parameters(IManifestExpressionProvider value) => value switch
    {
        ParameterResource parameter => [parameter.Name],
        IValueWithReferences references => references.References.OfType<IResource>().Select(resource => resource.Name),
        _ => [],
    };

    /// <summary>For the dashboard, which masks all of them.</summary>
    private static IReadOnlyList<EnvironmentVariableSnapshot> Show(IReadOnlyDictionary<string, string> values) =>
        [.. values.OrderBy(variable => variable.Key, StringComparer.Ordinal).Select(variable => new EnvironmentVariableSnapshot(variable.Key, variable.Value, IsFromSpec: true))];
}
