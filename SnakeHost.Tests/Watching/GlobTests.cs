using SnakeHost.Gateway.Watching;

namespace SnakeHost.Tests.Watching;

public sealed class GlobTests
{
    [Theory]
    [InlineData("*.py", "main.py", true)]
    [InlineData("*.py", "deep/er/main.py", true)]
    [InlineData("*.py", "main.pyc", false)]
    [InlineData("data", "data", true)]
    [InlineData("data", "deep/data", true)]
    [InlineData("data/", "data", true)]
    [InlineData("templates/*.html", "templates/a.html", true)]
    [InlineData("templates/*.html", "other/templates/a.html", false)]
    [InlineData("templates/*.html", "templates/deep/a.html", false)]
    [InlineData("templates/**", "templates/deep/a.html", true)]
    [InlineData("templates/**/*.html", "templates/a.html", true)]
    [InlineData("**/a.html", "a.html", true)]
    [InlineData("**/a.html", "x/y/a.html", true)]
    [InlineData("**", "x/y", true)]
    [InlineData("module?.py", "module1.py", true)]
    [InlineData("module?.py", "module12.py", false)]
    public void AGlob_MatchesNamesOrPaths(string pattern, string path, bool matches) => Assert.Equal(matches, new Glob(pattern).Matches(path));
}
