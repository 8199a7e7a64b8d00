using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Tenants;
using SnakeHost.Gateway.Workers;

namespace SnakeHost.Gateway;

/// <summary>Loads an app where it is to run: in the interpreter of this process, or in a process of its own.</summary>
internal sealed class ApplicationLoader(PythonLoader shared, WorkerLoader workers) : IApplicationLoader
{
    public Task<IPythonApplication> LoadAsync(string tenantId, TenantSpecification specification, int generation, CancellationToken cancellationToken) =>
        specification.Isolation == IsolationMode.Process
            ? workers.LoadAsync(tenantId, specification, generation, python: null, reason: null, cancellationToken)
            : shared.LoadAsync(tenantId, specification, generation, cancellationToken);
}
