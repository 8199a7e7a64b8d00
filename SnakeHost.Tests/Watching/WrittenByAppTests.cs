using SnakeHost.Gateway.Watching;

namespace SnakeHost.Tests.Watching;

public sealed class WrittenByAppTests
{
    private static readonly string[] s_file = ["main.py"];

    private readonly WrittenByApp _written = new();

    [Fact]
    public void WhatChangesDuringEveryLoad_IsTheAppsOwn()
    {
        for (var load = 1; load < 10; load++)
            Assert.Empty(Load(counts: true));

        Assert.Equal(s_file, Load(counts: true));
        Assert.Empty(Load(counts: false));
    }

    /// <summary>Somebody saves now and then while an app is being loaded that takes long for it.</summary>
    [Fact]
    public void WhatChangesBetweenLoadsToo_IsNot()
    {
        for (var load = 1; load <= 40; load++)
        {
            Assert.Empty(Load(counts: true));
            if (load % 6 == 0)
                Assert.Equal(s_file, _written.Filter(s_file));
        }
    }

    [Fact]
    public void WhatWasTakenForTheAppsOwn_CountsAgainOnceItChangesAtAnotherTime()
    {
        for (var load = 1; load <= 10; load++)
            Load(counts: true);
        Assert.Empty(Load(counts: false));

        Assert.Equal(s_file, _written.Filter(s_file));

        Assert.Empty(Load(counts: true));
    }

    private List<string> Load(bool counts)
    {
        _written.Begin();
        Assert.Equal(counts ? s_file : [], _written.Filter(s_file));
        return _written.End();
    }
}
