using System.Collections.ObjectModel;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Tenants;

/// <summary>
/// All resolved values of a tenant. Their <see cref="Key"/> is the tenant's identity: lists count by element and in order, the environment
/// by name whatever its order. Collections are copied when set, so that an identity never changes.
/// </summary>
internal sealed record TenantSpecification
{
    /// <summary>Another's in a copy that <c>with</c> has made, whose properties are set after that.</summary>
    private Identity? _identity;

    /// <summary>What it is called, in place of its folder's name; null for that.</summary>
    public string? Name { get; init; }

    /// <summary><c>module:attribute</c>, <c>module:factory()</c> or <c>auto</c>.</summary>
    public required string App { get; init; }

    public InterfaceKind Interface { get; init; }

    public LifespanMode Lifespan { get; init; }

    public IsolationMode Isolation { get; init; }

    /// <summary>Processes, where it has its own.</summary>
    public int Processes { get; init; } = 1;

    /// <summary>Bytes of memory with which a process of its own is replaced; <see cref="ByteSize.Unlimited"/> for no limit.</summary>
    public long MemoryLimit { get; init; } = ByteSize.Unlimited;

    /// <summary>Requests with which a process of its own is replaced; 0 for no limit.</summary>
    public int MaxRequests { get; init; }

    /// <summary>Most threads that answer WSGI requests.</summary>
    public int Threads { get; init; }

    /// <summary>Bytes of a WSGI request body without a length that are awaited, so that the app can be told its length.</summary>
    public int MaxBufferedRequestBody { get; init; }

    public bool Autoreload { get; init; }

    /// <summary>Null: it is not debugged until somebody asks for that.</summary>
    public DebuggerSettings? Debugger { get; init; }

    /// <summary>Absolute; symbolic links are kept as they are.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Absolute; null for the one in the working directory, as far as there is one when the app is loaded, and of what is being loaded for none.</summary>
    public string? Venv { get; init; }

    /// <summary>Absolute paths; a later file wins.</summary>
    public IReadOnlyList<string> EnvFiles { get; init => field = value.Count == 0 ? [] : Array.AsReadOnly([.. value]); } = [];

    /// <summary>Sorted by name, ordinal.</summary>
    public IReadOnlyDictionary<string, string> Env { get; init => field = Sort(value); } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Shared packages of which the tenant gets its own copy.</summary>
    public IReadOnlyList<string> PrivatePackages { get; init => field = value.Count == 0 ? [] : Array.AsReadOnly([.. value]); } = [];

    /// <summary>
    /// All values as one string: each value carries its length, so that no characters in one can be taken for another.
    /// It holds the values of environment variables: not for logs or pages.
    /// </summary>
    public string Key => Own.Key;

    private Identity Own
    {
        get
        {
            if (_identity is { } own && ReferenceEquals(own.Owner, this))
                return own;
            var key = TenantKey.Write(this);
            return _identity = new Identity(this, key, key.GetHashCode(StringComparison.Ordinal));
        }
    }

    public bool Equals(TenantSpecification? other) =>
        ReferenceEquals(this, other) || (other is not null && Own.Hash == other.Own.Hash && Own.Key == other.Own.Key);

    public override int GetHashCode() => Own.Hash;

    /// <summary>Without the environment: it may hold secrets.</summary>
    public override string ToString() => $"{App} in {WorkingDirectory}";

    private static ReadOnlyDictionary<string, string> Sort(IReadOnlyDictionary<string, string> values)
    {
        if (values.Count == 0)
            return ReadOnlyDictionary<string, string>.Empty;
        var sorted = new SortedList<string, string>(values.Count, StringComparer.Ordinal);
        foreach (var (name, value) in values)
            sorted.Add(name, value);
        return sorted.AsReadOnly();
    }

    private sealed record Identity(TenantSpecification Owner, string Key, int Hash);
}
