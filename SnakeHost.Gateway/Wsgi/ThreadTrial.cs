namespace SnakeHost.Gateway.Wsgi;

/// <summary>
/// Whether an app whose requests wait in the queue would answer as many with half its threads. If so it keeps the half, and half of that is tried; if not
/// it gets them back, and the next trial is twice as far away. Looked at by one thread.
/// </summary>
internal sealed class ThreadTrial(TimeProvider time)
{
    /// <summary>A slower app has too few answers to count, and is left alone.</summary>
    private const int Answers = 40;

    /// <summary>Fewer threads that answer so much as the best number did are enough. A busy machine is not exact.</summary>
    private const double Enough = 0.9;

    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_last = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(1);
    /// <summary>So long at most does a trial's result keep an app from more threads: its requests may be of another kind by then.</summary>
    private static readonly TimeSpan s_valid = TimeSpan.FromSeconds(2);

    private Phase _phase;
    private TimeSpan _wait = s_first;
    private long _since = time.GetTimestamp();
    private long _completed;
    private TimeSpan _span;
    private double _rate;
    private int _threads;
    private bool _hasResult;

    private enum Phase
    {
        Waiting,
        Before,
        Settling,
        After,
    }

    /// <summary>Fewer threads are being tried, or have just been found to be enough: no time for more.</summary>
    public bool IsOn =>
        _phase is Phase.Settling or Phase.After
        || (_hasResult && _phase == Phase.Waiting && time.GetElapsedTime(_since) < (_wait < s_valid ? _wait : s_valid));

    /// <summary>What is measured now says nothing: the queue is empty, or the app is stuck. It has its threads back.</summary>
    public void Cancel(IElasticThreads app)
    {
        if (IsOn)
            app.Grow(_threads);
        _hasResult = false;
        if (_phase != Phase.Waiting)
            Enter(Phase.Waiting, 0);
    }

    /// <summary>With requests in the queue, every few milliseconds.</summary>
    public void Observe(IElasticThreads app)
    {
        var elapsed = time.GetElapsedTime(_since);
        var (completed, threads) = (app.Completed, app.Threads);
        switch (_phase)
        {
            case Phase.Waiting when threads > 1 && elapsed >= _wait:
            case Phase.Before when threads != _threads:
                (_threads, _hasResult) = (threads, false);
                Enter(threads > 1 ? Phase.Before : Phase.Waiting, completed);
                break;
            case Phase.Before when elapsed > s_longest:
                Enter(Phase.Waiting, completed);
                break;
            case Phase.Before when elapsed >= s_shortest && completed - _completed >= Answers:
                (_span, _rate) = (elapsed, (completed - _completed) / elapsed.TotalSeconds);
                Halve(app, completed);
                break;
            case Phase.Settling when elapsed > s_longest:
                Cancel(app);
                break;
            case Phase.Settling when elapsed >= s_shortest / 4 && !app.IsShrinking:
                Enter(Phase.After, completed);
                break;
            case Phase.After when elapsed >= _span:
                Judge(app, completed, (completed - _completed) / elapsed.TotalSeconds);
                break;
        }
    }

    private void Halve(IElasticThreads app, long completed)
    {
        app.Shrink();
        Enter(Phase.Settling, completed);
    }

    private void Judge(IElasticThreads app, long completed, double rate)
    {
        if (rate < _rate * Enough)
        {
            app.Grow(_threads);
            _wait = _wait * 2 < s_last ? _wait * 2 : s_last;
            Enter(Phase.Waiting, completed);
        }
        else if (app.Threads > 1)
        {
            // The best so far: several small losses would be a large one.
            (_rate, _threads, _hasResult) = (Math.Max(_rate, rate), app.Threads, true);
            Halve(app, completed);
        }
        else
        {
            // Of a single thread the requests' own time tells whether it is enough.
            (_wait, _hasResult) = (s_first, false);
            Enter(Phase.Waiting, completed);
        }
    }

    private void Enter(Phase phase, long completed) => (_phase, _since, _completed) = (phase, time.GetTimestamp(), completed);
}
