using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Interop;

namespace SnakeHost.Gateway.CPython;

/// <summary>Has the threads that answer requests in Python keep to one processor, and the thread that sends the answers to the others, while several of them are busy and that pays (<see cref="AffinityPolicy"/>).</summary>
/// <remarks>
/// Of the threads that run Python one has the GIL. Where the kernel places them on several processors, the interpreter's data moves from the cache of one to that of another with each request, and who
/// has just given the GIL up takes the processor from who has it now. Threads that an app starts are left alone. What a thread starts inherits its affinity: so it is let go first
/// (<c>processors.py</c>).
/// </remarks>
internal sealed partial class ProcessorAffinity(ILogger<ProcessorAffinity> logger)
{
    /// <summary>With more, threads that compute without the GIL would lose more, and nobody has measured what the others gain.</summary>
    private const int MostProcessors = 4;

    /// <summary>Milliseconds for which a thread that has been let go is left alone: it starts something.</summary>
    private const int LetGoTime = 1000;

    private static readonly ConcurrentBag<int> s_others = [];

    /// <summary>For one thread at a time: who holds the GIL may wait for it.</summary>
    private readonly Lock _gate = new();
    /// <summary>While all are freed: an app that then places threads itself waits for it, once, lest one of them be taken for kept.</summary>
    private readonly Lock _freeing = new();
    private readonly ProcessorSet _all = ProcessorSet.Of(Environment.ProcessId);
    private readonly AffinityPolicy _policy = new();
    private ProcessorSet _home;
    /// <summary>Those whose affinity was that of <see cref="_home"/> before.</summary>
    private HashSet<int> _own = [];
    private bool _isHome;
    private bool _isOver;

    /// <summary>The calling thread does not run Python, and is to keep off the processor of those that do.</summary>
    public static void KeepAway()
    {
        // <process>/task/<thread>; gettid() is not in all of the C libraries that .NET runs with.
        if (int.TryParse(Path.GetFileName(new FileInfo("/proc/thread-self").LinkTarget), NumberStyles.None, CultureInfo.InvariantCulture, out var thread))
            s_others.Add(thread);
    }

    /// <summary>Begins. False where it never moves a thread: there is one processor, there are many, or the kernel does not tell what threads use.</summary>
    public bool Start(Affinity affinity)
    {
        if (affinity == Affinity.Off || _all.Count < 2 || affinity == Affinity.Auto && (_all.Count > MostProcessors || ThreadTimes.Of((nuint)Environment.ProcessId) is not { Ran: > 0 }))
            return false;
        new Thread(affinity == Affinity.Always ? KeepTogether : Follow) { IsBackground = true, Name = "SnakeHost affinity" }.UnsafeStart();
        return true;
    }

    /// <summary>An app places threads itself from here on: this one moves none any more.</summary>
    public void GiveUp()
    {
        lock (_gate)
            _isOver = true;
        Spread();
    }

    /// <summary>The calling thread may run everywhere from here on, for a second at least. With the GIL.</summary>
    /// <param name="untilNext">Until the next such call, however long that takes.</param>
    public void LetGo(bool untilNext)
    {
        // Whether or not it is kept: that may begin before it has started what it starts.
        if (PythonThread.Current is { } thread)
            thread.LetGoUntil = untilNext ? long.MaxValue : Environment.TickCount64 + LetGoTime;
        Interlocked.MemoryBarrier();
        if (!Volatile.Read(ref _isHome))
            return;
        lock (_gate)
        {
            if (_isHome)
                Move(0, _home, _all);
        }
    }

    private void KeepTogether()
    {
        while (!Volatile.Read(ref _isOver))
        {
            Thread.Sleep(_policy.Pause);
            if (!_isHome && PythonThread.Serving().FirstOrDefault() is { } thread)
                Choose(thread);
            Gather();
            lock (_freeing)
            {
                // What libraries have started meanwhile, by other ways than Python's.
                if (_isHome)
                    Free(exceptServing: true);
            }
        }
    }

    private void Follow()
    {
        var (used, since) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        var before = new Dictionary<PythonThread, ThreadTimes>();
        while (!Volatile.Read(ref _isOver))
        {
            var pause = _policy.Pause;
            Thread.Sleep(pause);
            var usedBefore = used;
            used = Environment.CpuUsage.TotalTime;
            if (!_policy.IsTogether)
            {
                // One that idles pays one system call.
                var sinceBefore = since;
                since = Stopwatch.GetTimestamp();
                if (pause > TimeSpan.Zero && used - usedBefore < AffinityPolicy.Busy * Stopwatch.GetElapsedTime(sinceBefore, since))
                {
                    _policy.Skip();
                    continue;
                }

                before = Read();
                Thread.Sleep(AffinityPolicy.Glance);
            }

            var time = Stopwatch.GetElapsedTime(since);
            since = Stopwatch.GetTimestamp();
            var now = Read();
            var each = now.Where(entry => before.ContainsKey(entry.Key)).Select(entry => (Thread: entry.Key, Times: entry.Value - before[entry.Key])).ToList();
            before = now;
            // No thread is left, or no descriptor, which says nothing.
            if (each.Count == 0 && PythonThread.Serving().Any())
            {
                _policy.Skip();
                continue;
            }

            var wasTogether = _policy.IsTogether;
            var (ran, waited) = (each.Sum(static entry => entry.Times.Ran) / time.TotalNanoseconds, each.Sum(static entry => entry.Times.Waited) / time.TotalNanoseconds);
            var most = each.Select(static entry => entry.Times.Ran).DefaultIfEmpty().Max() / time.TotalNanoseconds;
            _policy.Consider(ran, most, waited, time);
            if (!wasTogether && _policy.IsTogether)
                Choose(each.MaxBy(static entry => entry.Times.Ran).Thread);
            if (_policy.IsTogether)
            {
                Gather();
            }
            else if (wasTogether)
            {
                Spread();
                Log.Apart(logger, ran, waited);
            }
        }
    }

    /// <summary>The processor that it was on last: the kernel has put it there for some reason, and it uses most.</summary>
    private void Choose(PythonThread thread)
    {
        if (ThreadTimes.LastProcessor(thread.NativeId) is not { } processor || !_all.Contains(processor))
            return;
        var home = ProcessorSet.Only(processor);
        var own = Threads().Where(id => ProcessorSet.Of(id) == home).ToHashSet();
        lock (_gate)
        {
            if (_isOver)
                return;
            (_home, _own) = (home, own);
            Volatile.Write(ref _isHome, true);
        }

        Log.Together(logger, processor);
    }

    private static Dictionary<PythonThread, ThreadTimes> Read()
    {
        var times = new Dictionary<PythonThread, ThreadTimes>();
        foreach (var thread in PythonThread.Serving())
        {
            if (ThreadTimes.Of(thread.NativeId) is { } known)
                times.Add(thread, known);
        }

        return times;
    }

    /// <summary>Those that have not an affinity of their own.</summary>
    private void Gather()
    {
        foreach (var thread in PythonThread.Serving())
        {
            lock (_gate)
            {
                if (_isHome && thread.LetGoUntil <= Environment.TickCount64)
                    Move((int)thread.NativeId, _all, _home);
            }
        }

        foreach (var thread in s_others)
        {
            lock (_gate)
            {
                if (_isHome)
                    Move(thread, _all, _all.Without(_home));
            }
        }
    }

    private void Spread()
    {
        lock (_freeing)
        {
            lock (_gate)
            {
                if (!_isHome)
                    return;
                Volatile.Write(ref _isHome, false);
            }

            foreach (var thread in PythonThread.Serving())
                Move((int)thread.NativeId, _home, _all);
            foreach (var thread in s_others)
                Move(thread, _all.Without(_home), _all);
            Free(exceptServing: false);
        }
    }

    /// <summary>What has inherited its affinity from a thread that was kept.</summary>
    private void Free(bool exceptServing)
    {
        var kept = exceptServing ? PythonThread.Serving().Select(static thread => (int)thread.NativeId).ToHashSet() : [];
        foreach (var thread in Threads())
        {
            if (!kept.Contains(thread) && !_own.Contains(thread))
                Move(thread, _home, _all);
        }
    }

    /// <summary>All of the process; none when no descriptor is left.</summary>
    private static IReadOnlyList<int> Threads()
    {
        try
        {
            return [.. Directory.EnumerateDirectories("/proc/self/task").Select(static folder => int.Parse(Path.GetFileName(folder.AsSpan()), CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static void Move(int thread, ProcessorSet from, ProcessorSet to)
    {
        if (ProcessorSet.Of(thread) == from)
            to.Apply(thread);
    }

    private static partial class Log
    {
        [LoggerMessage(342, LogLevel.Debug, "The threads of apps keep to processor {Processor}")]
        public static partial void Together(ILogger logger, int processor);

        [LoggerMessage(343, LogLevel.Debug, "The threads of apps may run on all processors: they use {Ran:F2}, {Waited:F2} wait for one")]
        public static partial void Apart(ILogger logger, double ran, double waited);
    }
}
