using SnakeHost.Tests.Harness.Speed;
using Xunit.v3;

[assembly: CollectionBehavior(typeof(SpeedCollections))]

namespace SnakeHost.Tests.Harness.Speed;

/// <summary>
/// A collection for each class, as by default. Those of classes that start no process have the trait <c>speed=quick</c>: nobody has to mark a class, and
/// nobody can forget to.
/// </summary>
public sealed class SpeedCollections(IXunitTestAssembly testAssembly) : TestCollectionFactoryBase(testAssembly)
{
    public const string Trait = "speed";
    public const string QuickValue = "quick";

    public override string DisplayName => "collection-per-class";

    /// <summary>What the collection of a class is called.</summary>
    internal static string NameFor(Type testClass) => $"Test collection for {testClass.FullName}";

    protected override IXunitTestCollection GetDefaultTestCollection(Type testClass) => new XunitTestCollection(
        TestAssembly, ProcessStarts.By(testClass) ? null : typeof(Quick), disableParallelization: false, displayName: NameFor(testClass));

    [Trait(Trait, QuickValue)]
    private sealed class Quick;
}
