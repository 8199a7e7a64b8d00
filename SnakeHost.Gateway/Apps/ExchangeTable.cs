namespace SnakeHost.Gateway.Apps;

/// <summary>
/// Gives requests under way a number by which Python names them. A number is never used twice: it holds the slot and how often the
/// slot has been used, so an app that keeps one for too long is told so and cannot reach another request's response.
/// </summary>
internal sealed class ExchangeTable<T>
    where T : class
{
    private const int SlotBits = 20;
    private const int SlotMask = (1 << SlotBits) - 1;

    private readonly Lock _gate = new();
    private readonly Stack<int> _free = new();
    private Entry[] _entries = new Entry[256];
    private int _used;

    /// <exception cref="InvalidOperationException">More than a million requests are under way.</exception>
    public long Add(T exchange)
    {
        lock (_gate)
        {
            if (!_free.TryPop(out var slot))
            {
                slot = _used++;
                if (slot > SlotMask)
                    throw new InvalidOperationException("Too many requests are under way.");
                if (slot == _entries.Length)
                    Array.Resize(ref _entries, _entries.Length * 2);
            }

            ref var entry = ref _entries[slot];
            entry.Id = (entry.Id >> SlotBits) + 1 << SlotBits | (long)slot;
            entry.Exchange = exchange;
            return entry.Id;
        }
    }

    /// <summary>Null when the request is over.</summary>
    public T? Find(long id)
    {
        lock (_gate)
        {
            var slot = (int)(id & SlotMask);
            return slot < _used && _entries[slot].Id == id ? _entries[slot].Exchange : null;
        }
    }

    public List<T> Where(Predicate<T> predicate)
    {
        lock (_gate)
        {
            var found = new List<T>();
            foreach (ref readonly var entry in _entries.AsSpan(0, _used))
            {
                if (entry.Exchange is { } exchange && predicate(exchange))
                    found.Add(exchange);
            }

            return found;
        }
    }

    /// <summary>Ends a request's number; false when it had been ended before.</summary>
    public bool Remove(long id)
    {
        lock (_gate)
        {
            var slot = (int)(id & SlotMask);
            if (slot >= _used || _entries[slot].Id != id || _entries[slot].Exchange is null)
                return false;
            _entries[slot].Exchange = null;
            _free.Push(slot);
            return true;
        }
    }

    private struct Entry
    {
        public long Id;
        public T? Exchange;
    }
}
