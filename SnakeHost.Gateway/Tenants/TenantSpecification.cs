using System.Globalization;
using System.Text;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Tenants;

/// <summary>All resolved values of a tenant. Structural equality is the tenant's identity; lists are compared by element.</summary>
internal sealed record TenantSpecification
{
    private string? _key;

    public TenantSpecification()
    {
    }

    // The compiler's copy would take the original's key along, which is stale once `with` has changed a value.
    private TenantSpecification(TenantSpecification original)
    {
        App = original.App;
        Interface = original.Interface;
        Lifespan = original.Lifespan;
        Threads = original.Threads;
        Autoreload = original.Autoreload;
        WorkingDirectory = original.WorkingDirectory;
        Venv = original.Venv;
        EnvFiles = original.EnvFiles;
        Env = original.Env;
        PrivatePackages = original.PrivatePackages;
    }

    /// <summary><c>module:attribute</c>, <c>module:factory()</c> or <c>auto</c>.</summary>
    public required string App { get; init; }

    public InterfaceKind Interface { get; init; }

    public LifespanMode Lifespan { get; init; }

    public int Threads { get; init; } = 8;

    public bool Autoreload { get; init; }

    /// <summary>Absolute; symlinks are kept.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Absolute, or null for none.</summary>
    public string? Venv { get; init; }

    /// <summary>Absolute paths, in the order in which they are applied.</summary>
    public IReadOnlyList<string> EnvFiles { get; init; } = [];

    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<string> PrivatePackages { get; init; } = [];

    /// <summary>Every value, each preceded by its length, so that no two different tenants share a key whatever characters the values hold.</summary>
    public string Key => _key ??= BuildKey();

    public bool Equals(TenantSpecification? other) =>
        ReferenceEquals(this, other) || (other is not null && string.Equals(Key, other.Key, StringComparison.Ordinal));

    public override int GetHashCode() => Key.GetHashCode(StringComparison.Ordinal);

    private string BuildKey()
    {
        var text = new StringBuilder();
        void Add(string? value) => text.Append(CultureInfo.InvariantCulture, $"{value?.Length ?? -1}:{value}");
        void Count(int count) => text.Append(CultureInfo.InvariantCulture, $"{count};");

        Add(App);
        Count((int)Interface);
        Count((int)Lifespan);
        Count(Threads);
        Count(Autoreload ? 1 : 0);
        Add(WorkingDirectory);
        Add(Venv);
        Count(EnvFiles.Count);
        foreach (var file in EnvFiles) Add(file);
        Count(Env.Count);
        foreach (var (name, value) in Env.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Add(name);
            Add(value);
        }

        Count(PrivatePackages.Count);
        foreach (var package in PrivatePackages) Add(package);
        return text.ToString();
    }
}
