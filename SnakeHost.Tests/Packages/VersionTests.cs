using System.Text.RegularExpressions;

namespace SnakeHost.Tests.Packages;

public sealed partial class VersionTests
{
    /// <summary>Which has one heading for a version, the newest first.</summary>
    [Fact]
    public void TheChangelog_BeginsWithTheVersion() =>
        Assert.Equal(PackagesFixture.Version, Heading().Match(File.ReadAllText(Path.Join(RepositoryFolder.Path, "CHANGELOG.md"))).Groups[1].Value);

    [GeneratedRegex(@"^## (\S+)", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
