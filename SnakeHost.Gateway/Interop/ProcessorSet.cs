namespace SnakeHost.Gateway.Interop;

/// <summary>The processors on which a thread may run: its affinity, sched_setaffinity(2).</summary>
internal readonly unsafe struct ProcessorSet : IEquatable<ProcessorSet>
{
    /// <summary>Bytes: 1,024 processors, as many as glibc's <c>cpu_set_t</c> has.</summary>
    private const int Size = 128;

    private readonly UInt128[]? _bits;

    private ProcessorSet(UInt128[] bits) => _bits = bits;

    public int Count => _bits?.Sum(static part => (int)UInt128.PopCount(part)) ?? 0;

    public static bool operator ==(ProcessorSet left, ProcessorSet right) => left.Equals(right);

    public static bool operator !=(ProcessorSet left, ProcessorSet right) => !left.Equals(right);

    /// <summary>That of a thread; empty when it is gone, or where the system does not tell.</summary>
    /// <param name="thread">As the kernel numbers it; 0: the calling one.</param>
    public static ProcessorSet Of(int thread)
    {
        var bits = new UInt128[Size / sizeof(UInt128)];
        fixed (UInt128* first = bits)
            return LibC.GetAffinity(thread, Size, (byte*)first) < 0 ? default : new ProcessorSet(bits);
    }

    public static ProcessorSet Only(int processor)
    {
        var bits = new UInt128[Size / sizeof(UInt128)];
        bits[processor / 128] = UInt128.One << (processor % 128);
        return new ProcessorSet(bits);
    }

    /// <summary>These but for those.</summary>
    public ProcessorSet Without(ProcessorSet others) =>
        _bits is null || others._bits is null ? this : new ProcessorSet([.. _bits.Zip(others._bits, static (mine, other) => mine & ~other)]);

    public bool Contains(int processor) => _bits is not null && (_bits[processor / 128] >> (processor % 128) & 1) == 1;

    /// <summary>Has a thread run on these only. False when the system does not allow it, or the thread is gone.</summary>
    /// <param name="thread">As the kernel numbers it; 0: the calling one.</param>
    public bool Apply(int thread)
    {
        fixed (UInt128* first = _bits)
            return first is not null && LibC.SetAffinity(thread, Size, (byte*)first) == 0;
    }

    public bool Equals(ProcessorSet other) => (_bits ?? []).AsSpan().SequenceEqual(other._bits ?? []);

    public override bool Equals(object? obj) => obj is ProcessorSet other && Equals(other);

    public override int GetHashCode() => _bits is null ? 0 : _bits[0].GetHashCode();
}
