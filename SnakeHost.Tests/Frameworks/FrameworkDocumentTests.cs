using System.Reflection;
using System.Text.RegularExpressions;

namespace SnakeHost.Tests.Frameworks;

/// <summary>The table of docs/frameworks.md names what tests run. Which versions these had is not compared: Debian's suites move on.</summary>
public sealed partial class FrameworkDocumentTests
{
    [Fact]
    public void TheTable_NamesEveryFrameworkThatATestRuns_AndNoOther()
    {
        var page = File.ReadAllText(Path.Join(RepositoryFolder.Path, "docs", "frameworks.md"));
        var table = Table().Match(page).Groups[1].Value;
        var rows = table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2).Select(row => row.Split('|')[1].Trim()).Order(StringComparer.Ordinal).ToList();
        var tested = typeof(FrameworkDocumentTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods())
            .SelectMany(method => method.GetCustomAttributes<FrameworkAttribute>())
            .Select(framework => framework.Name)
            .Distinct()
            .Order(StringComparer.Ordinal);

        Assert.True(rows.SequenceEqual(tested), $"docs/frameworks.md has a table of {string.Join(", ", rows)}; run the tests of all Pythons and eng/tested-versions, which writes it of their reports.");
    }

    [GeneratedRegex("<!-- written by eng/tested-versions -->\n(.*?)<!-- end -->", RegexOptions.Singleline)]
    private static partial Regex Table();
}
