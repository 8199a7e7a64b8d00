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

    private readonly Lock _gate = new();
    private readonly ProcessorSet _all = ProcessorSet.Of(Environment.ProcessId);
    private readonly AffinityPolicy _policy = new();
    private ProcessorSet _home;
    private bool _isHome;
    private bool _isOver;

    /// <summary>The calling thread does not run Python, and is to keep off the processor of those that do.</summary>
    public static void KeepAway() => s_others.Add(LibC.GetThreadId());

    /// <summary>Begins. False where it never moves a thread: there is one processor, or there are many.</summary>
    public bool Start(Affinity affinity)
    {
        if (affinity == Affinity.Off || _all.Count < 2 || affinity == Affinity.Auto && _all.Count > MostProcessors)
            return false;
        new Thread(affinity == Affinity.Always ? KeepTogether : Follow) { IsBackground = true, Name = "SnakeHost affinity" }.UnsafeStart();
        return true;
    }

    /// <summary>An app places threads itself from here on: this one moves none any more.</summary>
    public void GiveUp()
    {
        lock (_gate)
        {
            _isOver = true;
            Spread();
        }
    }

    /// <summary>The calling thread may run everywhere from here on, for a second at least. With the GIL.</summary>
    public void LetGo()
    {
        if (!Volatile.Read(ref _isHome))
            return;
        lock (_gate)
        {
            var id = LibC.GetThreadId();
            foreach (var thread in PythonThread.Serving())
            {
                if ((int)thread.NativeId == id)
                    thread.IsLetGoUntil = Environment.TickCount64 + LetGoTime;
            }

            if (_isHome && ProcessorSet.Of(id) == _home)
                _all.Apply(id);
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
            if (!_policy.IsTogether)
            {
                // One that idles pays one system call.
                var (usedBefore, sinceBefore) = (used, since);
                (used, since) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
                if (pause > TimeSpan.Zero && used - usedBefore < AffinityPolicy.Busy * Stopwatch.GetElapsedTime(sinceBefore, since))
                    continue;
                before = Read();
                Thread.Sleep(AffinityPolicy.Glance);
            }

            var time = Stopwatch.GetElapsedTime(since);
            since = Stopwatch.GetTimestamp();
            var now = Read();
            var each = now.Where(entry => before.ContainsKey(entry.Key)).Select(entry => (Thread: entry.Key, Times: entry.Value - before[entry.Key])).ToList();
            before = now;
            var wasTogether = _policy.IsTogether;
            var (ran, waited) = (each.Sum(static entry => entry.Times.Ran) / time.TotalNanoseconds, each.Sum(static entry => entry.Times.Waited) / time.TotalNanoseconds);
            var most = each.Select(static entry => entry.Times.Ran).DefaultIfEmpty().Max() / time.TotalNanoseconds;
            _policy.Consider(ran, most, waited, time);
            if (!wasTogether && _policy.IsTogether)
                Choose(each.MaxBy(static entry => entry.Times.Ran).Thread);
            if (_policy.IsTogether)
                Gather();
            else if (wasTogether)
                Part(ran, waited);
        }
    }

    /// <summary>The processor that it was on last: the kernel has put it there for some reason, and it uses most.</summary>
    private void Choose(PythonThread thread)
    {
        if (ThreadTimes.LastProcessor(thread.NativeId) is not { } processor || !_all.Contains(processor))
            return;
        lock (_gate)
            (_home, _isHome) = (ProcessorSet.Only(processor), !_isOver);
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
        lock (_gate)
        {
            if (!_isHome)
                return;
            foreach (var thread in PythonThread.Serving())
            {
                if (thread.IsLetGoUntil <= Environment.TickCount64)
                    Move((int)thread.NativeId, _all, _home);
            }

            var away = _all.Without(_home);
            foreach (var thread in s_others)
                Move(thread, _all, away);
        }
    }

    private void Part(double ran, double waited)
    {
        lock (_gate)
            Spread();
        Log.Apart(logger, ran, waited);
    }

    /// <summary>Also those that threads have started meanwhile.</summary>
    private void Spread()
    {
        if (!_isHome)
            return;
        foreach (var folder in Directory.EnumerateDirectories("/proc/self/task"))
            Move(int.Parse(Path.GetFileName(folder.AsSpan()), CultureInfo.InvariantCulture), _home, _all);
        var away = _all.Without(_home);
        foreach (var thread in s_others)
            Move(thread, away, _all);
        Volatile.Write(ref _isHome, false);
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
