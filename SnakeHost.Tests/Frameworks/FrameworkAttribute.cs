using System.Reflection;
using Xunit.v3;

namespace SnakeHost.Tests.Frameworks;

/// <summary>
/// Says which framework or library the test runs in two tenants. The test's output tells its version; <c>eng/tested-versions</c> makes the table of
/// docs/frameworks.md of the outputs of those that passed.
/// </summary>
/// <param name="name">As its authors write it, e.g. Flask-SQLAlchemy.</param>
/// <param name="distribution">By which it is installed, e.g. <c>flask-sqlalchemy</c>.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class FrameworkAttribute(string name, string distribution) : BeforeAfterTestAttribute
{
    public string Name => name;

    public string Distribution => distribution;

    public override void Before(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (TestedPython.Of(methodUnderTest, test) is { } python)
            TestContext.Current.TestOutputHelper?.WriteLine($"tested: {name} {InstalledPythons.DistributionVersion(python, distribution)}");
    }
}
