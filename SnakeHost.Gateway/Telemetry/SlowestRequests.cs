using System.Diagnostics;
using System.Numerics;

namespace SnakeHost.Gateway.Telemetry;

/// <summary>Tells which requests of a tenant are slow: slower than 99 of 100 of the last minute's.</summary>
/// <remarks>
/// Durations are counted in buckets, each up to a sixteenth wider than the one before. Threads count without a lock: what is lost between two of them moves no percentile.
/// </remarks>
/// <param name="now">By <see cref="Stopwatch"/>.</param>
internal sealed class SlowestRequests(long now)
{
    private const int Bits = 4;
    private const int Fine = 1 << Bits;
    private const int Longest = 36;
    private const int Buckets = (Longest - Bits + 1) * Fine;
    private const int Least = 100;
    private const int Slots = 6;

    private static readonly long s_slot = 10 * Stopwatch.Frequency;
    private static readonly long s_look = Stopwatch.Frequency;

    private readonly int[][] _slots = [.. Enumerable.Range(0, Slots).Select(static _ => new int[Buckets])];
    private readonly Lock _gate = new();
    private long _turn = now / s_slot;
    private long _next = now + s_look;
    private volatile int _slow = Buckets;

    /// <summary>One more.</summary>
    /// <param name="now">By <see cref="Stopwatch"/>.</param>
    /// <returns>Whether it is slow.</returns>
    public bool Add(TimeSpan duration, long now)
    {
        if (now >= Volatile.Read(ref _next) && _gate.TryEnter())
        {
            try
            {
                Look(now);
            }
            finally
            {
                _gate.Exit();
            }
        }

        var bucket = Bucket((long)duration.TotalMicroseconds);
        _slots[(int)(Volatile.Read(ref _turn) % Slots)][bucket]++;
        return bucket >= _slow;
    }

    private void Look(long now)
    {
        for (var (turn, passed) = (now / s_slot, 0); _turn < turn && passed < Slots; passed++)
        {
            // Who counts meanwhile finds the one or the other.
            Array.Clear(_slots[(int)((_turn + 1) % Slots)]);
            Volatile.Write(ref _turn, passed == Slots - 1 ? turn : _turn + 1);
        }

        Volatile.Write(ref _next, now + s_look);
        _slow = FindSlow();
    }

    /// <summary>The first bucket of the slow. That of the percentile is among them, unless too many are in it.</summary>
    private int FindSlow()
    {
        // Others go on counting, and what they lose can make a sum smaller: all is read once.
        var counts = new int[Buckets];
        foreach (var slot in _slots)
        {
            for (var bucket = 0; bucket < Buckets; bucket++)
                counts[bucket] += slot[bucket];
        }

        var total = counts.Sum();
        if (total < Least)
            return Buckets;
        var (slower, slow) = (0, Buckets);
        while (true)
        {
            var with = slower + counts[slow - 1];
            if (with * 100L >= total)
                return with * 50L <= total ? slow - 1 : slow;
            (slower, slow) = (with, slow - 1);
        }
    }

    private static int Bucket(long microseconds)
    {
        var value = (ulong)Math.Clamp(microseconds, 0, (1L << Longest) - 1);
        if (value < Fine)
            return (int)value;
        var exponent = BitOperations.Log2(value);
        return ((exponent - Bits + 1) * Fine) + (int)((value >> (exponent - Bits)) & (Fine - 1));
    }
}
