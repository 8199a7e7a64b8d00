using System.Runtime.InteropServices;

namespace SnakeHost.Gateway.Tenants;

/// <summary>
/// A generation's requests: in flight and so far, and whether it takes more, all in one word, so that a request costs one atomic addition when it
/// begins and one when it ends. Bits 0–21 count those in flight, bits 22–62 all so far, the sign says closed. The word has a cache line of its own:
/// what else a request reads of the generation stays shared between the cores.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 192)]
internal struct RequestCounter
{
    private const int InFlightBits = 22;
    private const long InFlightMask = (1L << InFlightBits) - 1;
    private const long Request = (1L << InFlightBits) + 1;
    private const long Closed = long.MinValue;

    [FieldOffset(64)]
    private long _word;

    // On the same line as the word, which the request has just made its own.
    [FieldOffset(72)]
    private long _lastUsed;

    public RequestCounter() => _word = Closed;

    public readonly int InFlight => (int)(Volatile.Read(in _word) & InFlightMask);

    public readonly long Total => (Volatile.Read(in _word) & ~Closed) >> InFlightBits;

    public readonly bool IsClosed => Volatile.Read(in _word) < 0;

    /// <summary>In <see cref="CoarseClock"/>'s milliseconds.</summary>
    public readonly long LastUsed => Volatile.Read(in _lastUsed);

    /// <summary>Lets requests in. Only once, before anybody else sees the counter.</summary>
    public void Open(long lastUsed)
    {
        Volatile.Write(ref _lastUsed, lastUsed);
        Volatile.Write(ref _word, 0);
    }

    /// <summary>Counts a request in, or refuses it. <paramref name="emptied"/>: refused, and by this the counter became closed and empty.</summary>
    public bool TryEnter(long now, out bool emptied)
    {
        emptied = false;
        if (Interlocked.Add(ref _word, Request) >= 0)
        {
            Touch(now);
            return true;
        }

        // Until it is taken back, the refused request hides from the last leaver that nobody is left: then this is the last leaver.
        emptied = IsEmptied(Interlocked.Add(ref _word, -Request));
        return false;
    }

    /// <summary>Counts a request out; true when it was the last of a closed counter.</summary>
    public bool Exit(long now)
    {
        Touch(now);
        return IsEmptied(Interlocked.Decrement(ref _word));
    }

    /// <summary>Refuses requests from now on; true when none is in flight.</summary>
    public bool Close() => (Interlocked.Or(ref _word, Closed) & InFlightMask) == 0;

    /// <summary>Closes if no request is in flight, in one step.</summary>
    public bool TryCloseIfIdle()
    {
        while (true)
        {
            var word = Volatile.Read(ref _word);
            if (word < 0 || (word & InFlightMask) != 0)
                return false;
            if (Interlocked.CompareExchange(ref _word, word | Closed, word) == word)
                return true;
        }
    }

    private static bool IsEmptied(long word) => word < 0 && (word & InFlightMask) == 0;

    private void Touch(long now)
    {
        if (_lastUsed != now)
            Volatile.Write(ref _lastUsed, now);
    }
}
