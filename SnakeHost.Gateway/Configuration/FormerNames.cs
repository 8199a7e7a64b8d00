using System.Reflection;

namespace SnakeHost.Gateway.Configuration;

/// <summary>Finds settings that are given under the name of an earlier version, wherever they come from: a file, the environment or the command line.</summary>
internal sealed partial class FormerNames
{
    private readonly Dictionary<string, (string Key, string? Value)> _settings = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<(string Former, string Name)> _found = [];

    private FormerNames()
    {
    }

    /// <summary>The section with every setting under the name that it has today.</summary>
    /// <param name="section">The section as it was configured.</param>
    /// <param name="options">The class that it is read into.</param>
    /// <param name="found">The keys with a former name, each with the key of today.</param>
    /// <exception cref="ConfigurationException">A setting is given under both names.</exception>
    public static IConfigurationSection Replace(IConfigurationSection section, Type options, out IReadOnlyList<(string Former, string Name)> found)
    {
        var names = new FormerNames();
        names.Walk(section, section.Path, options);
        found = names._found;
        return found.Count == 0
            ? section
            : new ConfigurationBuilder()
                .AddInMemoryCollection(names._settings.Select(static setting => KeyValuePair.Create(setting.Key, setting.Value.Value)))
                .Build()
                .GetSection(section.Path);
    }

    public static void Warn(SnakeHostOptions options, ILogger logger)
    {
        foreach (var (former, name) in options.FormerNames)
            Log.Former(logger, former, name);
    }

    /// <param name="section">Where it is.</param>
    /// <param name="path">Its key with the names of today.</param>
    /// <param name="type">What it is read into; null for what has no sections of ours below.</param>
    private void Walk(IConfigurationSection section, string path, Type? type)
    {
        // A key without a value means something too: an empty list.
        if ((section.Value is not null || !section.GetChildren().Any()) && !_settings.TryAdd(path, (section.Path, section.Value)))
            throw new ConfigurationException($"{_settings[path].Key} and {section.Path} are two names of one setting, {path}: leave out the former one.");

        var item = type is null ? null : OptionsReader.ItemSection(type);
        foreach (var child in section.GetChildren())
        {
            if (item is not null)
            {
                Walk(child, $"{path}:{child.Key}", item);
                continue;
            }

            var property = type is not null && OptionsReader.IsSection(type) ? Find(type, child.Key) : null;
            var key = $"{path}:{property?.Name ?? child.Key}";
            if (property is not null && !IsCalled(property.Name, child.Key))
                _found.Add((child.Path, key));
            Walk(child, key, property?.PropertyType);
        }
    }

    private static PropertyInfo? Find(Type type, string name) =>
        OptionsReader.Properties(type).FirstOrDefault(property => IsCalled(property.Name, name))
            ?? OptionsReader.Properties(type).FirstOrDefault(property => property.GetCustomAttribute<FormerlyAttribute>() is { } formerly && IsCalled(formerly.Name, name));

    private static bool IsCalled(string name, string key) => name.Equals(key, StringComparison.OrdinalIgnoreCase);

    private static partial class Log
    {
        [LoggerMessage(600, LogLevel.Warning, "{Former} is called {Name} now. The former name works in this version only.")]
        public static partial void Former(ILogger logger, string former, string name);
    }
}
