using System.Collections.Concurrent;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Routing;

/// <summary>
/// Finds folders by a host's spelling: hosts have no case, no unicode and no underscores, folders have them all. Listings are kept for a short
/// time, so that a flood of unknown hosts does not list a folder once for each.
/// </summary>
internal sealed class FolderIndex(TimeSpan lifetime, TimeProvider time)
{
    private const int MaximumListings = 64;

    private readonly ConcurrentDictionary<string, Listing> _listings = new(StringComparer.Ordinal);

    /// <summary>The existing folder, or null. Exact names win; another spelling counts when it is the only one.</summary>
    public string? Find(string parent, IEnumerable<string> names)
    {
        var path = parent;
        foreach (var name in names)
        {
            var exact = Path.Join(path, name);
            if (!Directory.Exists(exact))
            {
                if (List(path).GetValueOrDefault(name) is not { } spelling) return null;
                exact = Path.Join(path, spelling);
            }

            path = exact;
        }

        return path;
    }

    public void Clear() => _listings.Clear();

    private Dictionary<string, string?> List(string parent)
    {
        if (_listings.TryGetValue(parent, out var listing) && time.GetElapsedTime(listing.Created) < lifetime) return listing.Names;
        if (_listings.Count >= MaximumListings) _listings.Clear();
        listing = new Listing(time.GetTimestamp(), Read(parent));
        _listings[parent] = listing;
        return listing.Names;
    }

    private static Dictionary<string, string?> Read(string parent)
    {
        var names = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var options = new EnumerationOptions { IgnoreInaccessible = true };
        try
        {
            foreach (var folder in Directory.EnumerateDirectories(parent, "*", options))
            {
                var name = Path.GetFileName(folder);

                // Two folders of one spelling: null, as neither may be picked by chance.
                names[name] = names.ContainsKey(name) ? null : name;
                if (HostName.ToAscii(name) is { } ascii) names[ascii] = names.ContainsKey(ascii) ? null : name;

                // What Python calls my_app is my-app as a label of a host.
                if (name.Contains('_', StringComparison.Ordinal) && name.Replace('_', '-') is var label) names[label] = names.ContainsKey(label) ? null : name;
            }
        }
        catch (IOException)
        {
            // No such folder: nothing in it.
        }
        catch (UnauthorizedAccessException)
        {
        }

        return names;
    }

    private sealed record Listing(long Created, Dictionary<string, string?> Names);
}
