using SnakeHost.Gateway.Wsgi;

namespace SnakeHost.Tests.Wsgi;

public sealed class ThreadTrialTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void ThreadsThatFight_GoOneHalfAfterTheOther()
    {
        var app = new App(threads => 1000.0 / threads) { Threads = 8 };

        Run(app, TimeSpan.FromSeconds(2));

        Assert.Equal(1, app.Threads);
        Assert.Equal([4, 2, 1], app.Changes);
    }

    [Fact]
    public void ThreadsThatMakeNoDifference_GoToo()
    {
        var app = new App(_ => 1000) { Threads = 5 };

        Run(app, TimeSpan.FromSeconds(2));

        Assert.Equal([3, 2, 1], app.Changes);
    }

    [Fact]
    public void ThreadsThatAreNeeded_ComeBack_AndAreTriedLessAndLessOften()
    {
        var app = new App(threads => 100.0 * threads) { Threads = 8 };

        Run(app, TimeSpan.FromMinutes(2));

        Assert.Equal(8, app.Threads);
        Assert.All(app.Changes.Chunk(2), change => Assert.Equal([4, 8], change));
        // 0.25, 0.5, 1, 2, 4, 8, 16 and from then on 30 seconds apart.
        Assert.InRange(app.Changes.Count / 2, 8, 11);
    }

    [Fact]
    public void OfSomeThreads_AsManyStayAsTheAppUses()
    {
        var app = new App(threads => 100.0 * Math.Min(threads, 4)) { Threads = 8 };

        Run(app, TimeSpan.FromSeconds(3));

        // Not at the app's own wish either, for as long as that holds.
        Assert.Equal(4, app.Threads);
        Assert.Equal([4, 2, 4], app.Changes[..3]);
    }

    [Fact]
    public void AsLongAsThreadsThatAreToGoStillWork_NothingIsMeasured_AndInTheEndNoneGo()
    {
        var app = new App(_ => 1000) { Threads = 8, IsShrinking = true };

        Run(app, TimeSpan.FromSeconds(1.5));

        Assert.Equal([4, 8], app.Changes);
    }

    [Fact]
    public void SmallLossesDoNotAddUp()
    {
        // Each half costs 4 %, less than what counts as a loss.
        var app = new App(threads => 1000 * Math.Pow(0.96, 3 - Math.Log2(threads))) { Threads = 8 };

        Run(app, TimeSpan.FromSeconds(1));

        Assert.Equal([4, 2, 1, 2], app.Changes[..4]);
    }

    [Fact]
    public void AnAppWithFewAnswers_IsLeftAlone()
    {
        var app = new App(threads => 2.0 * threads) { Threads = 8 };

        Run(app, TimeSpan.FromMinutes(1));

        Assert.Empty(app.Changes);
    }

    [Fact]
    public void WithoutRequestsThatWait_NothingIsConcluded()
    {
        var app = new App(_ => 1000) { Threads = 8 };
        var trial = new ThreadTrial(_time);

        for (var time = 0; time < 1000; time++)
        {
            Step(app, trial);
            if (time % 10 == 0)
                trial.Cancel(app);
        }

        Assert.Empty(app.Changes);
        Assert.False(trial.IsOn);
    }

    private void Run(App app, TimeSpan span)
    {
        var trial = new ThreadTrial(_time);
        for (var steps = span / TimeSpan.FromMilliseconds(5); steps > 0; steps--)
            Step(app, trial);
    }

    private void Step(App app, ThreadTrial trial)
    {
        _time.Advance(TimeSpan.FromMilliseconds(5));
        app.Work(TimeSpan.FromMilliseconds(5));
        trial.Observe(app);
    }

    /// <param name="rate">Answers per second with so many threads.</param>
    private sealed class App(Func<int, double> rate) : IElasticThreads
    {
        private double _completed;

        public List<int> Changes { get; } = [];

        public long Completed => (long)_completed;

        public int Threads { get; set; }

        /// <summary>A thread that is to go stays as long as it has a request to answer.</summary>
        public bool IsShrinking { get; set; }

        public void Work(TimeSpan span) => _completed += rate(Threads) * span.TotalSeconds;

        public void Shrink() => Changes.Add(Threads -= Threads / 2);

        public void Grow(int? upTo = null) => Changes.Add(Threads = upTo ?? Threads * 2);
    }
}
