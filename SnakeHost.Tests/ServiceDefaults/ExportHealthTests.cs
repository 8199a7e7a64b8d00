using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using OpenTelemetry;
using SnakeHost.ServiceDefaults;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.ServiceDefaults;

public sealed class ExportHealthTests
{
    [Fact]
    public void AFailure_IsSaidOnce_AgainAfterFiveMinutes_AndItsEndOnce()
    {
        var time = new FakeTimeProvider();
        var log = new RecordingLogger<ExportHealthTests>();
        using var health = new ExportHealth("http://collector", time) { Logger = log };

        Report(ExportResult.Success, ExportResult.Failure, ExportResult.Failure);
        Assert.Equal([LogLevel.Warning], log.Entries.Select(entry => entry.Level));
        time.Advance(TimeSpan.FromMinutes(5));
        Report(ExportResult.Failure, ExportResult.Failure);
        Assert.Equal([LogLevel.Warning, LogLevel.Warning], log.Entries.Select(entry => entry.Level));
        Report(ExportResult.Success, ExportResult.Success);
        Assert.Equal([LogLevel.Warning, LogLevel.Warning, LogLevel.Information], log.Entries.Select(entry => entry.Level));
        Report(ExportResult.Failure);
        Assert.Equal(4, log.Entries.Count);
        Assert.All(log.Entries, entry => Assert.Contains("http://collector", entry.Message, StringComparison.Ordinal));

        void Report(params ExportResult[] results) => Array.ForEach(results, result => health.Report("LOGS", result));
    }

    [Fact]
    public void TheEnd_DoesNotWaitForASignalThatDoesNotArrive()
    {
        using var health = new ExportHealth("http://collector", new FakeTimeProvider()) { Logger = new RecordingLogger<ExportHealthTests>() };
        health.Report("LOGS", ExportResult.Failure);

        Assert.True(health.Patience("LOGS", -1) < health.Patience("TRACES", -1));
        Assert.InRange(health.Patience("TRACES", 5000), 1, 1000);
        Assert.Equal(100, health.Patience("TRACES", 100));
    }

    [Fact]
    public void TheEnds_OfAllSignals_AreSideBySide_WhicheverIsAskedForFirst()
    {
        using var health = new ExportHealth("http://collector", new FakeTimeProvider());
        using var all = new Barrier(3);
        var ends = new[] { "TRACES", "METRICS", "LOGS" }.Select(signal => health.WithOthers(signal, _ => all.SignalAndWait(TimeSpan.FromSeconds(30)))).ToList();
        Assert.All(ends, static end => Assert.True(end(5000)));
    }

    [Fact]
    public void ASignalThatIsNeverTaken_IsNoFlood_BesideOneThatIs()
    {
        var log = new RecordingLogger<ExportHealthTests>();
        using var health = new ExportHealth("http://collector", new FakeTimeProvider()) { Logger = log };
        for (var n = 0; n < 10; n++)
        {
            health.Report("LOGS", ExportResult.Failure);
            health.Report("TRACES", n == 0 ? ExportResult.Failure : ExportResult.Success);
        }

        Assert.Equal([LogLevel.Warning], log.Entries.Select(entry => entry.Level));
        health.Report("LOGS", ExportResult.Success);
        Assert.Equal([LogLevel.Warning, LogLevel.Information], log.Entries.Select(entry => entry.Level));
    }
}
