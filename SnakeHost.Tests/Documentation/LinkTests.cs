using System.Text.RegularExpressions;

namespace SnakeHost.Tests.Documentation;

/// <summary>The pages of this repository lead to one another.</summary>
public sealed partial class LinkTests
{
    private static readonly string[] s_notOurs = ["bin", "obj", ".git", ".venv", "artifacts", "node_modules", "fixtures"];

    public static TheoryData<string> Pages => [.. Below(RepositoryFolder.Path).Select(page => Path.GetRelativePath(RepositoryFolder.Path, page)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Pages))]
    public void EachLink_LeadsToAFile_AndToAHeadingInIt(string page)
    {
        var broken = Links(Path.Join(RepositoryFolder.Path, page))
            .Where(link => !(File.Exists(link.File) || (link.Anchor.Length == 0 && Directory.Exists(link.File))) || (link.Anchor.Length > 0 && !Anchors(link.File).Contains(link.Anchor)))
            .Select(link => link.Text);
        Assert.Empty(broken);
    }

    [Fact]
    public void EachPageOfDocs_IsReachedFromTheReadme()
    {
        var reached = new HashSet<string>();
        var next = new Queue<string>([Path.Join(RepositoryFolder.Path, "README.md")]);
        while (next.TryDequeue(out var page))
        {
            if (!reached.Add(page))
                continue;
            foreach (var link in Links(page).Where(link => link.File.EndsWith(".md", StringComparison.Ordinal)))
                next.Enqueue(link.File);
        }

        Assert.Empty(Below(Path.Join(RepositoryFolder.Path, "docs")).Except(reached));
    }

    private static IEnumerable<string> Below(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*.md"),
        .. Directory.EnumerateDirectories(folder).Where(inner => !s_notOurs.Contains(Path.GetFileName(inner))).SelectMany(Below),
    ];

    /// <summary>Those to files of the repository.</summary>
    private static IEnumerable<(string Text, string File, string Anchor)> Links(string page) =>
        from match in Link().Matches(Code().Replace(File.ReadAllText(page), ""))
        let target = match.Groups[1].Value
        where !target.Contains("://", StringComparison.Ordinal)
        let parts = target.Split('#', 2)
        let file = parts[0].Length == 0 ? page : Path.GetFullPath(parts[0], Path.GetDirectoryName(page)!)
        select (target, file, parts.Length > 1 ? parts[1] : "");

    /// <summary>As GitHub makes them: lower case, a hyphen for a space, no punctuation.</summary>
    private static HashSet<string> Anchors(string page) =>
    [
        .. Heading().Matches(Block().Replace(File.ReadAllText(page), ""))
            .Select(match => Punctuation().Replace(match.Groups[1].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-')),
    ];

    [GeneratedRegex(@"\[[^\]]*\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Punctuation();

    [GeneratedRegex("^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("^```.*?^```|`[^`\n]*`", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();
}
