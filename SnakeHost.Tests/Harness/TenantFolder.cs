namespace SnakeHost.Tests.Harness;

/// <summary>A temporary Root with a folder per tenant; gone with everything in it when disposed.</summary>
internal sealed class TenantFolder : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("snakehost-root-");
    private int _count;

    public string Root => _root.FullName;

    /// <summary>A tenant of exactly this name.</summary>
    public Tenant Add(string name, params ReadOnlySpan<(string Path, string Content)> files)
    {
        var tenant = new Tenant(name, Directory.CreateDirectory(Path.Combine(Root, name)).FullName);
        foreach (var (path, content) in files)
            tenant.Write(path, content);
        return tenant;
    }

    /// <summary>A tenant whose name starts so and occurs nowhere else: for tests that share a gateway.</summary>
    public Tenant AddUnique(string name, params ReadOnlySpan<(string Path, string Content)> files) =>
        Add($"{name}-{Interlocked.Increment(ref _count)}", files);

    public void Dispose() => _root.Delete(recursive: true);
}
