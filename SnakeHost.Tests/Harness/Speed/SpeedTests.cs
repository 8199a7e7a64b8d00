using SnakeHost.Tests.BadInput;
using SnakeHost.Tests.Configuration;
using SnakeHost.Tests.Reload;
using SnakeHost.Tests.Runtime;

namespace SnakeHost.Tests.Harness.Speed;

/// <summary>The quick half of the tests: <c>dotnet test --filter-trait speed=quick</c>.</summary>
public sealed class SpeedTests
{
    [Theory]
    [InlineData(typeof(ReloadModesTests))] // in its methods
    [InlineData(typeof(RuntimeTests))] // a Python
    [InlineData(typeof(ShutdownTests))]
    [InlineData(typeof(FormerNamesTests))]
    public void AClassThatStartsAProcess_IsNotQuick(Type type) => Assert.True(ProcessStarts.By(type));

    [Theory]
    [InlineData(typeof(HostNameTests))]
    [InlineData(typeof(OptionsReaderTests))]
    [InlineData(typeof(TemporaryFolder))]
    public void AClassThatStartsNone_IsQuick(Type type) => Assert.False(ProcessStarts.By(type));

    [Fact]
    public void AQuickClass_HasTheTrait() =>
        Assert.Contains(SpeedCollections.QuickValue, TestContext.Current.TestClass!.Traits[SpeedCollections.Trait]);
}
