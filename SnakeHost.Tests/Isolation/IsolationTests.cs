using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Isolation;

/// <summary>Two tenants with the same module names in one process, on every interpreter, as WSGI and as ASGI apps.</summary>
public abstract class IsolationTests(SharedGateways gateways)
{
    /// <summary>Gives both tenants the files and <c>main.py</c> with the code, which defines <c>answer(path)</c>.</summary>
    internal async Task<TenantPair> PairAsync(string python, string kind, string main, params (string Path, string Content)[] files)
    {
        var gateway = await gateways.ForAsync(python);
        return gateway.Pair([.. files, ("main.py", PythonApps.Answering(main, kind))]);
    }
}
