using SnakeHost.Tests.Asgi;
using SnakeHost.Tests.BadInput;
using SnakeHost.Tests.Frameworks;
using SnakeHost.Tests.Harness.Speed;
using SnakeHost.Tests.Isolation;
using SnakeHost.Tests.Reload;
using SnakeHost.Tests.Runtime;
using SnakeHost.Tests.Supervision;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace SnakeHost.Tests.Harness.Speed;

/// <summary>Classes whose tests take longest, one after the other, begin first: else the last of them would go on alone.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly List<string> s_first =
    [
        .. new[]
        {
            typeof(LoopEndTests), typeof(WorkersTests), typeof(RuntimeTests), typeof(ShutdownTests), typeof(FrameworkTests), typeof(DotNetImportTests), typeof(ChildProcessTests), typeof(ReloadTests),
            typeof(LastWorkTests), typeof(LoadFailureTests), typeof(HeldLockTests),
        }.Select(SpeedCollections.NameFor),
    ];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => s_first.IndexOf(collection.TestCollectionDisplayName) is >= 0 and var place ? place : s_first.Count)];
}
