using System.Globalization;
using SnakeHost.Gateway.Telemetry;

namespace SnakeHost.Tests.Telemetry;

public sealed class OutputHistoryTests
{
    private readonly OutputHistory _history = new(TimeProvider.System);

    [Fact]
    public async Task WhoFollows_GetsWhatIsKept_ThenWhatComes_EachLineOnce()
    {
        _history.Add("a", "stdout", "before");
        await using var lines = _history.FollowAsync(null, 0, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await lines.MoveNextAsync());
        Assert.Equal((1, "a", "stdout", "before"), (lines.Current.Number, lines.Current.Tenant, lines.Current.Stream, lines.Current.Text));

        _history.Add("b", "stderr", "after");
        Assert.True(await lines.MoveNextAsync());
        Assert.Equal((2, "b", "stderr", "after"), (lines.Current.Number, lines.Current.Tenant, lines.Current.Stream, lines.Current.Text));

        _history.Complete();
        Assert.False(await lines.MoveNextAsync());
    }

    [Fact]
    public async Task OfEachApp_TheLastLinesAreKept_HoweverMuchOthersPrint()
    {
        _history.Add("quiet", "stdout", "only");
        for (var number = 0; number < 3 * OutputHistory.LinesKept; number++)
            _history.Add("loud", "stdout", number.ToString(CultureInfo.InvariantCulture));

        var all = await AllAsync(null, 0);

        Assert.Equal(OutputHistory.LinesKept + 1, all.Count);
        Assert.Equal(["only", "400", "599"], [all[0].Text, all[1].Text, all[^1].Text]);
    }

    [Fact]
    public async Task OfTooManyApps_TheSilentOneIsForgotten()
    {
        _history.Add("first", "stdout", "x");
        _history.Add("second", "stdout", "x");
        for (var number = 2; number < OutputHistory.AppsKept; number++)
            _history.Add($"app-{number}", "stdout", "x");
        _history.Add("first", "stdout", "again");

        _history.Add("new", "stdout", "x");

        var apps = (await AllAsync(null, 0)).Select(line => line.Tenant).ToHashSet();
        Assert.Equal(OutputHistory.AppsKept, apps.Count);
        Assert.Contains("first", apps);
        Assert.DoesNotContain("second", apps);
    }

    [Fact]
    public async Task OneApp_AndWhatComesAfterANumber_CanBeAskedFor()
    {
        foreach (var tenant in new[] { "a", "b", "a", "a" })
            _history.Add(tenant, "stdout", "x");

        Assert.Equal([3, 4], (await AllAsync("a", 2)).Select(line => line.Number));
    }

    private async Task<List<OutputLine>> AllAsync(string? tenant, long after)
    {
        _history.Complete();
        var lines = new List<OutputLine>();
        await foreach (var line in _history.FollowAsync(tenant, after, TestContext.Current.CancellationToken))
            lines.Add(line);
        return lines;
    }
}
