using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Routing;

namespace SnakeHost.Tests.Configuration;

/// <summary>Keeps docs/configuration.md true.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string s_text = File.ReadAllText(Path.Join(RepositoryFolder.Path, "docs", "configuration.md"));

    [Fact]
    public void EveryKeyIsDescribed()
    {
        var missing = OptionsReader.Keys()
            .Select(key => Regex.Replace(key, "^SnakeHost:(Routes:\\*:|Route:|RouteDefaults:)?", ""))
            .Select(key => key.Replace(":*", ":N", StringComparison.Ordinal))
            .Where(key => key is not ("*" or "Routes:N" or "Certificates:N" or "Python" or "Tenants" or "Reload" or "Admin" or "Limits" or "WebSockets") && !s_text.Contains($"| `{key}`", StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    [Fact]
    public void EveryKeyThatIsDescribedExists()
    {
        var keys = OptionsReader.Keys().Select(key => Regex.Replace(key, "^SnakeHost:(Routes:\\*:)?", "").Replace(":*", ":N", StringComparison.Ordinal)).ToHashSet();
        var described = KeyCell().Matches(s_text).Select(match => match.Groups[1].Value).ToList();
        Assert.True(described.Count > 30);
        Assert.All(described.Where(key => key is not ("Routes" or "Certificates")), key => Assert.Contains(key, keys));
    }

    [Fact]
    public void EveryOptionIsDescribed() =>
        Assert.All(new CommandLineOptions().Command.Options, option => Assert.Contains($"`{option.Name}", s_text, StringComparison.Ordinal));

    [Fact]
    public void EveryPlaceholderIsDescribed() =>
        Assert.All(Placeholder.Names, name => Assert.Contains($"| `{{{name}}}`", s_text, StringComparison.Ordinal));

    [Fact]
    public void EveryExampleIsRead()
    {
        using var folder = new TemporaryFolder();
        var examples = Example().Matches(s_text).Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(5, examples.Count);
        Assert.All(examples, example =>
        {
            var json = example.Replace("/srv/apps", folder.Path, StringComparison.Ordinal).Replace("/srv/previews", folder.Path, StringComparison.Ordinal);
            var configuration = new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build();
            Assert.Single(RouteTable.Create(OptionsReader.Read(configuration, folder.Path, folder.Path, folder.Path)).Routes);
        });
    }

    [GeneratedRegex("^\\| `([A-Z][A-Za-z:]+)` \\|", RegexOptions.Multiline)]
    private static partial Regex KeyCell();

    [GeneratedRegex("```json\\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();
}
