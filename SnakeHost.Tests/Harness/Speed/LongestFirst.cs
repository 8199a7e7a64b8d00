using SnakeHost.Tests.AppHost;
using SnakeHost.Tests.Asgi;
using SnakeHost.Tests.BadInput;
using SnakeHost.Tests.Commands;
using SnakeHost.Tests.Frameworks;
using SnakeHost.Tests.Harness.Speed;
using SnakeHost.Tests.Hosting.Aspire;
using SnakeHost.Tests.Isolation;
using SnakeHost.Tests.Packages;
using SnakeHost.Tests.Runtime;
using SnakeHost.Tests.ScaleOut;
using SnakeHost.Tests.Workers;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace SnakeHost.Tests.Harness.Speed;

/// <summary>Classes whose tests take longest, one after the other, begin first: else the last of them would go on alone.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly List<string> s_first =
    [
        SpeedCollections.NameFor(typeof(RuntimeTests)),
        nameof(OrchestratorTests), // a collection of several classes
        .. new[]
        {
            typeof(ToolTests), typeof(Workers.ProcessTests), typeof(SyncTests), typeof(DebugTests), typeof(DotNetImportTests), typeof(LoopEndTests), typeof(FlaskSocketIoTests),
            typeof(ScaleOutTests), typeof(TenantRunTests), typeof(ShutdownTests), typeof(ChildProcessTests), typeof(DjangoStaticFilesTests), typeof(LeftoversTests), typeof(DjangoTests),
            typeof(TenantHealthTests), typeof(LifespanTests),
        }.Select(SpeedCollections.NameFor),
    ];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => s_first.IndexOf(collection.TestCollectionDisplayName) is >= 0 and var place ? place : s_first.Count)];
}
