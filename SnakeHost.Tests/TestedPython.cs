using System.Reflection;
using Xunit.v3;

[assembly: SnakeHost.Tests.TestedPython]

namespace SnakeHost.Tests;

/// <summary>Tells in the output of each test with an argument <c>python</c> which version that is: its name has the path only.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class TestedPython : BeforeAfterTestAttribute
{
    /// <summary>The interpreter that the test was given, if it is one of <see cref="InstalledPythons.Builds"/>.</summary>
    public static string? Of(MethodInfo method, IXunitTest test)
    {
        var index = Array.FindIndex(method.GetParameters(), parameter => parameter.Name == "python");
        return index >= 0 && index < test.TestMethodArguments.Length && test.TestMethodArguments[index] is string python && InstalledPythons.Builds.Contains(python) ? python : null;
    }

    public override void Before(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (Of(methodUnderTest, test) is { } python)
            TestContext.Current.TestOutputHelper?.WriteLine($"python: CPython {InstalledPythons.VersionOf(python)}");
    }
}
