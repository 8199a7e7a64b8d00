using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Profiling;

namespace SnakeHost.Tests.Profiling;

public sealed class ProfileFormatTests
{
    [Theory]
    [InlineData(nameof(ProfileFormat.Collapsed))]
    [InlineData(nameof(ProfileFormat.Speedscope))]
    public void OnlyStacksThatWereSeen_TakeMemory(string format)
    {
        const int Depth = 20_000;
        var profile = new ProfileData(
            "wall", 1, 1, [new("f;g", "main.py", 1), new("leaf", "", 0)], [.. Enumerable.Range(-1, Depth)], [.. Enumerable.Repeat(0, Depth - 1), 1], [new("thread", [Depth - 1, Depth - 1], [3, 4])]);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var text = string.Concat(ProfileReport.Of("shop", profile).Render(Enum.Parse<ProfileFormat>(format)).Text);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 50_000_000);
        if (format == nameof(ProfileFormat.Collapsed))
            Assert.Equal(string.Concat(Enumerable.Repeat("f,g (main.py:1);", Depth - 1)) + "leaf 7\n", text);
    }
}
