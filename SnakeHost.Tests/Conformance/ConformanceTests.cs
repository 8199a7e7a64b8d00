using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace SnakeHost.Tests.Conformance;

/// <summary>Keeps docs/conformance.md true: a row there is a rule that a test of this assembly checks, and every such rule has its row.</summary>
public sealed partial class ConformanceTests
{
    /// <summary>Set to 1, the run writes the document instead of comparing with it.</summary>
    private const string WriteVariable = "SNAKEHOST_TESTS_WRITE_DOCS";

    private const string Introduction =
        $"""
        # Conformance

        One row per rule: where it stands, what it says, and the test that fails when it is broken. The table is made from the attributes of the
        tests; a test compares the two, and `{WriteVariable}=1 dotnet test` writes it anew. A rule that a Python app takes part in is tested by each CPython
        that the machine has, and most of them by Debian's newest (`eng/newest-python`); those of WSGI, ASGI and WebSockets once more for an app in a
        [process of its own](processes.md). The last whole run, as `eng/tested-versions` has it of the tests' reports:


        """;

    [Fact]
    public void TheDocument_IsWhatTheTestsSay()
    {
        var path = Path.Join(RepositoryFolder.Path, "docs", "conformance.md");
        // What the tests do not know of themselves: on which interpreters they were run the last time.
        var expected = Document(Pythons().Match(File.ReadAllText(path)).Value);
        if (Environment.GetEnvironmentVariable(WriteVariable) == "1")
            File.WriteAllText(path, expected);
        Assert.True(
            File.ReadAllText(path) == expected,
            $"docs/conformance.md is not what the tests say. Run this test with {WriteVariable}=1 and look at the difference.");
    }

    [Fact]
    public void ARule_StandsOnATestThatRuns() =>
        Assert.All(Rules(), rule =>
        {
            var fact = rule.Test.GetCustomAttributes().OfType<Xunit.v3.IFactAttribute>().SingleOrDefault();
            Assert.True(fact is { Skip: null, Explicit: false }, $"{Name(rule.Test)} is no test that every run runs.");
            Assert.Contains(rule.Said.Standard, Standard.All);
            Assert.DoesNotContain('|', rule.Said.Section + rule.Said.Rule);
            Assert.False(rule.Said.Rule.EndsWith('.'), $"A rule is a phrase without a full stop: {rule.Said.Rule}");
        });

    private static string Document(string pythons)
    {
        var text = new StringBuilder(Introduction).Append(pythons);
        var rules = Rules().ToLookup(rule => rule.Said.Standard);
        foreach (var standard in Standard.All.Where(rules.Contains))
        {
            text.Append($"\n## {standard}\n\n| section | rule | test |\n|---|---|---|\n");
            var rows = rules[standard]
                .GroupBy(rule => (rule.Said.Section, rule.Said.Rule))
                .OrderBy(row => row.Key.Section, StringComparer.Ordinal)
                .ThenBy(row => row.Key.Rule, StringComparer.Ordinal);
            foreach (var row in rows)
                text.Append($"| {row.Key.Section} | {row.Key.Rule} | {string.Join(", ", row.Select(rule => $"`{Name(rule.Test)}`").Order(StringComparer.Ordinal))} |\n");
        }

        return text.ToString();
    }

    private static IEnumerable<(ConformsAttribute Said, MethodInfo Test)> Rules() =>
        from type in typeof(ConformanceTests).Assembly.GetTypes()
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
        from said in method.GetCustomAttributes<ConformsAttribute>()
        select (said, method);

    private static string Name(MethodInfo test) => $"{test.DeclaringType!.Name}.{test.Name}";

    [GeneratedRegex("<!-- written by eng/tested-versions -->\n.*?<!-- end -->\n", RegexOptions.Singleline)]
    private static partial Regex Pythons();
}
