using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Routing;

/// <summary>
/// Resolutions by the values that led to them. A hit takes no lock and allocates nothing. Bounded, since anybody can send any
/// host: tenants and failures are counted apart, so that a flood of unknown hosts cannot push out the known ones.
/// </summary>
internal sealed class ResolutionCache(int capacity, TimeSpan failureLifetime, TimeProvider time)
{
    private readonly Entries _found = new(capacity);
    private readonly Entries _failed = new(capacity);

    // Set apart from the entries: what was looked up before an invalidation must not be stored after it.
    private int _version;

    public int Version => Volatile.Read(ref _version);

    public int Count => _found.Count + _failed.Count;

    public bool TryGet(ReadOnlySpan<char> key, [NotNullWhen(true)] out Resolution? resolution)
    {
        if (_found.TryGet(key, out var entry))
        {
            // Written once per sweep, not per request: the cache line stays shared.
            if (!entry.IsUsed) entry.IsUsed = true;
            resolution = entry.Resolution;
            return true;
        }

        if (_failed.TryGet(key, out entry) && time.GetElapsedTime(entry.Created) < failureLifetime)
        {
            resolution = entry.Resolution;
            return true;
        }

        resolution = null;
        return false;
    }

    /// <param name="version">The <see cref="Version"/> from before the file system was asked.</param>
    public void Store(string key, Resolution resolution, int version)
    {
        if (version != Version) return;
        var entry = new Entry(resolution, time.GetTimestamp());
        if (resolution.IsFound)
        {
            _failed.Remove(key);
            _found.Store(key, entry);
        }
        else if (failureLifetime > TimeSpan.Zero)
        {
            _failed.Store(key, entry);
        }

        if (version != Version) Remove(key);
    }

    /// <summary>Forgets every failure, and the tenants whose folder lies in the directory or around it; all of them for null.</summary>
    public void Invalidate(string? directory)
    {
        Interlocked.Increment(ref _version);
        _failed.Clear();
        if (directory is null)
        {
            _found.Clear();
            return;
        }

        _found.RemoveWhere(entry => Concerns(entry.Resolution.Specification!.WorkingDirectory) || Concerns(entry.Resolution.RealDirectory!));
        bool Concerns(string folder) => RealPath.IsWithin(folder, directory) || RealPath.IsWithin(directory, folder);
    }

    private void Remove(string key)
    {
        _found.Remove(key);
        _failed.Remove(key);
    }

    private sealed class Entry(Resolution resolution, long created)
    {
        public Resolution Resolution => resolution;

        public long Created => created;

        public bool IsUsed { get; set; } = true;
    }

    private sealed class Entries
    {
        private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
        private readonly ConcurrentDictionary<string, Entry>.AlternateLookup<ReadOnlySpan<char>> _lookup;
        private readonly Lock _sweeping = new();
        private readonly int _capacity;

        // ConcurrentDictionary.Count takes every lock.
        private int _count;

        public Entries(int capacity)
        {
            _capacity = capacity;
            _lookup = _entries.GetAlternateLookup<ReadOnlySpan<char>>();
        }

        public int Count => Volatile.Read(ref _count);

        public bool TryGet(ReadOnlySpan<char> key, [NotNullWhen(true)] out Entry? entry) => _lookup.TryGetValue(key, out entry);

        public void Store(string key, Entry entry)
        {
            if (Count >= _capacity) Sweep();
            while (!_entries.TryAdd(key, entry))
            {
                // Not by the indexer: it would add, uncounted, what another thread has removed meanwhile.
                if (_entries.TryGetValue(key, out var former) && _entries.TryUpdate(key, entry, former)) return;
            }

            Interlocked.Increment(ref _count);
        }

        public void Remove(string key)
        {
            if (_entries.TryRemove(key, out _)) Interlocked.Decrement(ref _count);
        }

        public void RemoveWhere(Predicate<Entry> condition)
        {
            foreach (var (key, entry) in _entries)
            {
                if (condition(entry)) Remove(key);
            }
        }

        public void Clear() => RemoveWhere(_ => true);

        // Second chance: what was used since the last sweep stays, as long as a quarter of the room becomes free.
        private void Sweep()
        {
            lock (_sweeping)
            {
                var target = _capacity - Math.Max(1, _capacity / 4);
                if (Count <= target) return;
                RemoveWhere(entry =>
                {
                    var unused = !entry.IsUsed;
                    entry.IsUsed = false;
                    return unused;
                });
                RemoveWhere(_ => Count > target);
            }
        }
    }
}
