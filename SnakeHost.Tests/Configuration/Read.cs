using Microsoft.Extensions.Configuration;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Tests.Configuration;

internal static class Read
{
    public static SnakeHostOptions Settings(string baseDirectory, params IEnumerable<(string Key, string? Value)> settings) =>
        OptionsReader.Read(Configuration(settings), baseDirectory, baseDirectory, baseDirectory);

    public static string Error(params IEnumerable<(string Key, string? Value)> settings)
    {
        using var folder = new TemporaryFolder();
        return Assert.Throws<ConfigurationException>(() => Settings(folder.Path, settings)).Message;
    }

    private static IConfigurationRoot Configuration(IEnumerable<(string Key, string? Value)> settings) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"SnakeHost:{setting.Key}", setting.Value)))
            .Build();
}
