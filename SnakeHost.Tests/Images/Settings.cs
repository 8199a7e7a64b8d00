using Microsoft.Extensions.Configuration;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Tests.Images;

/// <summary>What the gateway makes of a container's variables.</summary>
internal static class Settings
{
    /// <exception cref="ConfigurationException">A name is no setting, or its value cannot be used.</exception>
    public static SnakeHostOptions Read(IReadOnlyDictionary<string, string?> variables)
    {
        // The image has the folder; this machine need not.
        var pairs = Dockerfile.Environment.Concat(variables).Where(pair => pair.Key != "SnakeHost__Root").GroupBy(pair => pair.Key).Select(same => same.Last());
        return OptionsReader.Read(
            new ConfigurationBuilder().AddInMemoryCollection(pairs.Select(pair => KeyValuePair.Create(pair.Key.Replace("__", ":", StringComparison.Ordinal), pair.Value))).Build(),
            RepositoryFolder.Path,
            RepositoryFolder.Path);
    }
}
