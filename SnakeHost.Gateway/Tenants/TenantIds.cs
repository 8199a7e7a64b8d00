using System.Text;

namespace SnakeHost.Gateway.Tenants;

/// <summary>
/// Gives tenants readable ids: their name, else the folder's, as a slug. The first key to ask for a slug owns it while the process lives; others get a piece
/// of their key's hash behind it. Not thread-safe.
/// </summary>
/// <param name="folder">Where several processes agree on who owns which; null for this process alone.</param>
internal sealed class TenantIds(string? folder = null)
{
    private const int LongestSlug = 48;
    private const int ShortHash = 8;

    // One entry for each folder name ever served; a key that shares a name needs none, its id follows from its hash.
    private readonly Dictionary<string, string> _owners = new(StringComparer.Ordinal);

    /// <summary>The id for a key; <paramref name="isTaken"/> tells whether another live tenant has an id.</summary>
    public string Assign(string nameOrFolder, string keyHash, Func<string, bool> isTaken)
    {
        var slug = Slug(Path.GetFileName(Path.TrimEndingDirectorySeparator(nameOrFolder)));
        if (Owner(slug, keyHash) == keyHash && !isTaken(slug))
            return slug;

        var length = ShortHash;
        while (length < keyHash.Length && isTaken($"{slug}-{keyHash[..length]}"))
            length += ShortHash;
        return $"{slug}-{keyHash[..length]}";
    }

    private string Owner(string slug, string keyHash)
    {
        if (!_owners.TryGetValue(slug, out var owner))
            _owners.Add(slug, owner = folder is null ? keyHash : Claim(Path.Join(folder, slug), keyHash));
        return owner;
    }

    /// <summary>A symbolic link comes into being with what it says, and only one can.</summary>
    private static string Claim(string link, string keyHash)
    {
        try
        {
            File.CreateSymbolicLink(link, keyHash);
            return keyHash;
        }
        catch (IOException)
        {
            return new FileInfo(link).LinkTarget ?? keyHash;
        }
    }

    internal static string Slug(string name)
    {
        var slug = new StringBuilder(name.Length);
        foreach (var character in name)
        {
            if (slug.Length == LongestSlug)
                break;
            if (char.IsAsciiLetterOrDigit(character) || character is '_' or '.')
                slug.Append(char.ToLowerInvariant(character));
            else if (slug.Length > 0 && slug[^1] != '-')
                slug.Append('-');
        }

        // An id is a segment of the admin listener's URLs: never empty, "." or "..".
        var text = slug.ToString().Trim('-', '.');
        return text.Length == 0 ? "app" : text;
    }
}
