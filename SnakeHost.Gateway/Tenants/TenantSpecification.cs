using System.Collections.ObjectModel;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Tenants;

/// <summary>
/// All resolved values of a tenant. Structural equality is the tenant's identity: lists are compared by element and in order, the environment
/// by name whatever its order. Collections are copied when set, so that an identity never changes.
/// </summary>
internal sealed record TenantSpecification
{
    private string? _key;
    private int _hash;

    public TenantSpecification()
    {
    }

    // What is derived must not be copied: `with` sets properties after this has run.
    private TenantSpecification(TenantSpecification original)
    {
        Name = original.Name;
        App = original.App;
        Interface = original.Interface;
        Lifespan = original.Lifespan;
        Threads = original.Threads;
        ChunkedBuffer = original.ChunkedBuffer;
        Autoreload = original.Autoreload;
        WorkingDirectory = original.WorkingDirectory;
        Venv = original.Venv;
        EnvFiles = original.EnvFiles;
        Env = original.Env;
        PrivatePackages = original.PrivatePackages;
    }

    /// <summary>What it is called, in place of its folder's name; null for that.</summary>
    public string? Name { get; init; }

    /// <summary><c>module:attribute</c>, <c>module:factory()</c> or <c>auto</c>.</summary>
    public required string App { get; init; }

    public InterfaceKind Interface { get; init; }

    public LifespanMode Lifespan { get; init; }

    /// <summary>Most threads that answer WSGI requests.</summary>
    public int Threads { get; init; }

    /// <summary>Bytes of a WSGI request body without a length that are awaited, so that the app can be told its length.</summary>
    public int ChunkedBuffer { get; init; }

    public bool Autoreload { get; init; }

    /// <summary>Absolute; symbolic links are kept as they are.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Absolute, or null for none.</summary>
    public string? Venv { get; init; }

    /// <summary>Absolute paths; a later file wins.</summary>
    public IReadOnlyList<string> EnvFiles { get; init => field = value.Count == 0 ? [] : Array.AsReadOnly([.. value]); } = [];

    /// <summary>Sorted by name, ordinal.</summary>
    public IReadOnlyDictionary<string, string> Env { get; init => field = Sort(value); } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Shared packages of which the tenant gets its own copy.</summary>
    public IReadOnlyList<string> PrivatePackages { get; init => field = value.Count == 0 ? [] : Array.AsReadOnly([.. value]); } = [];

    /// <summary>
    /// The same identity as one string: each value carries its length, so that no characters in one can be taken for another.
    /// It holds the values of environment variables: not for logs or pages.
    /// </summary>
    public string Key => _key ??= TenantKey.Write(this);

    public bool Equals(TenantSpecification? other) =>
        ReferenceEquals(this, other)
        || (other is not null
            && GetHashCode() == other.GetHashCode()
            && Name == other.Name
            && App == other.App
            && Interface == other.Interface
            && Lifespan == other.Lifespan
            && Threads == other.Threads
            && ChunkedBuffer == other.ChunkedBuffer
            && Autoreload == other.Autoreload
            && WorkingDirectory == other.WorkingDirectory
            && Venv == other.Venv
            && EnvFiles.SequenceEqual(other.EnvFiles, StringComparer.Ordinal)
            && PrivatePackages.SequenceEqual(other.PrivatePackages, StringComparer.Ordinal)
            && Env.SequenceEqual(other.Env));

    public override int GetHashCode() => _hash != 0 ? _hash : _hash = ComputeHash();

    /// <summary>Without the environment: it may hold secrets.</summary>
    public override string ToString() => $"{App} in {WorkingDirectory}";

    private int ComputeHash()
    {
        var hash = new HashCode();
        hash.Add(Name);
        hash.Add(App);
        hash.Add(Interface);
        hash.Add(Lifespan);
        hash.Add(Threads);
        hash.Add(ChunkedBuffer);
        hash.Add(Autoreload);
        hash.Add(WorkingDirectory);
        hash.Add(Venv);
        hash.Add(EnvFiles.Count);
        foreach (var file in EnvFiles)
            hash.Add(file);
        foreach (var package in PrivatePackages)
            hash.Add(package);
        foreach (var (name, value) in Env)
        {
            hash.Add(name);
            hash.Add(value);
        }

        var code = hash.ToHashCode();
        return code == 0 ? 1 : code;
    }

    private static ReadOnlyDictionary<string, string> Sort(IReadOnlyDictionary<string, string> values)
    {
        if (values.Count == 0)
            return ReadOnlyDictionary<string, string>.Empty;
        var sorted = new SortedList<string, string>(values.Count, StringComparer.Ordinal);
        foreach (var (name, value) in values)
            sorted.Add(name, value);
        return sorted.AsReadOnly();
    }
}
