using System.Collections;
using System.Reflection;

namespace SnakeHost.Gateway.Configuration;

/// <summary>
/// Reads the section <c>SnakeHost</c>. The framework's binder ignores keys that it does not know and reports a bad value
/// with a stack of type names; here both stop the start with one sentence that names key and value.
/// </summary>
internal static class OptionsReader
{
    public const string Section = "SnakeHost";

    /// <param name="baseDirectory">The configuration's folder, where relative paths start.</param>
    /// <param name="currentDirectory">Where the search for a folder of apps starts; the process's when null.</param>
    /// <param name="programDirectory">Where it goes on; the program's own when null.</param>
    /// <exception cref="ConfigurationException">A key or a value cannot be used.</exception>
    public static SnakeHostOptions Read(
        IConfiguration configuration, string baseDirectory, string? currentDirectory = null, string? programDirectory = null)
    {
        var section = FormerNames.Replace(configuration.GetSection(Section), typeof(SnakeHostOptions), out var former);
        var options = new SnakeHostOptions { BaseDirectory = Path.GetFullPath(baseDirectory), FormerNames = former };
        Fill(options, section);
        options.Routes = [.. EffectiveRoutes(options, section)];
        CertificateFiles.Resolve(options);
        options.Root = RootDirectory.Find(
            options, currentDirectory ?? Environment.CurrentDirectory, programDirectory ?? AppContext.BaseDirectory);
        OptionsValidator.Validate(options);
        return options;
    }

    /// <summary>Every key that <see cref="Read"/> knows, with <c>*</c> for an index or a name.</summary>
    public static IEnumerable<string> Keys(Type? type = null, string prefix = Section)
    {
        foreach (var property in Properties(type ?? typeof(SnakeHostOptions)))
        {
            var key = $"{prefix}:{property.Name}";
            var propertyType = property.PropertyType;
            if (ItemSection(propertyType) is { } item) (key, propertyType) = ($"{key}:*", item);
            yield return key;
            if (IsSection(propertyType))
            {
                foreach (var inner in Keys(propertyType, key)) yield return inner;
            }
        }
    }

    private static IEnumerable<RouteOptions> EffectiveRoutes(SnakeHostOptions options, IConfigurationSection section)
    {
        List<RouteOptions> routes = options.Route is { } only ? [only] : options.Routes;
        if (routes.Count == 0) routes = [new RouteOptions { Host = "*.localhost", Key = $"{Section}:Routes:0" }];
        foreach (var route in routes)
        {
            // Read again onto each: what it does not name is left as the route has it.
            Fill(route, section.GetSection(nameof(SnakeHostOptions.RouteDefaults)));
            route.MaxRequestBodySize ??= options.Limits.MaxRequestBodySize;
            PrefixedEnvironment.AddTo(route);
            yield return route;
        }
    }

    private static void Fill(object target, IConfigurationSection section)
    {
        var type = target.GetType();
        if (section.Value is { Length: > 0 } scalar)
        {
            var shorthand = type.GetCustomAttribute<ShorthandAttribute>()
                ?? throw new ConfigurationException($"{section.Path} is '{scalar}': it must be a section with the keys {Names(type)}.");
            var property = type.GetProperty(shorthand.Property)!;
            property.SetValue(target, OptionValue.Convert(property, section.Path, scalar));
        }

        foreach (var child in section.GetChildren())
        {
            var property = Properties(type).FirstOrDefault(property => property.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase))
                ?? throw Unknown(type, section.Path, child.Key);
            Set(target, property, child);
        }
    }

    private static void Set(object target, PropertyInfo property, IConfigurationSection section)
    {
        var type = property.PropertyType;
        if (IsSection(type))
        {
            var value = property.GetValue(target) ?? Create(type, section.Path);
            Fill(value, section);
            property.SetValue(target, value);
        }
        else if (ItemSection(type) is { } item)
        {
            if (section.Value is { Length: > 0 } text) throw new ConfigurationException($"{section.Path} is '{text}': it must be a list of {property.Name.ToLowerInvariant()}.");
            var list = (IList)Activator.CreateInstance(type)!;
            foreach (var child in section.GetChildren())
            {
                var entry = Create(item, child.Path);
                Fill(entry, child);
                list.Add(entry);
            }

            property.SetValue(target, list);
        }
        else if (type == typeof(List<string>))
        {
            // One value in place of a list replaces all entries of weaker sources, which a list with fewer entries does not.
            property.SetValue(target, section.Value is { Length: > 0 } values
                ? [.. values.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)]
                : section.GetChildren().Select(child => Scalar(child, allowEmpty: false)).ToList());
        }
        else if (type == typeof(Dictionary<string, string>))
        {
            var entries = (IDictionary)property.GetValue(target)!;
            if (section.Value is { Length: > 0 } scalar) throw new ConfigurationException($"{section.Path} is '{scalar}': it must be a section of names and values.");

            foreach (var child in section.GetChildren()) entries[child.Key] = Scalar(child, allowEmpty: true);
        }
        else if (section.GetChildren().FirstOrDefault() is { } inner)
        {
            throw new ConfigurationException($"{inner.Path} is not a setting: {section.Path} is a single value.");
        }
        else if (section.Value is { } value)
        {
            property.SetValue(target, OptionValue.Convert(property, section.Path, value));
        }
    }

    private static object Create(Type type, string path)
    {
        var value = Activator.CreateInstance(type)!;
        if (value is RouteOptions route) route.Key = path;
        if (value is CertificateOptions certificate) certificate.Path = path;
        return value;
    }

    private static string Scalar(IConfigurationSection section, bool allowEmpty) =>
        section.GetChildren().FirstOrDefault() is { } inner
            ? throw new ConfigurationException($"{inner.Path} is not a setting: {section.Path} is a single value.")
            : section.Value is { } value && (allowEmpty || value.Length > 0)
                ? value
                : throw new ConfigurationException($"{section.Path} is '{section.Value}': it must not be empty.");

    private static ConfigurationException Unknown(Type type, string path, string key)
    {
        var near = Suggestion.For(key, Properties(type).Select(property => property.Name));
        return new ConfigurationException($"{path}:{key} is not a setting: "
            + (near is null ? $"{path} has the keys {Names(type)}." : $"did you mean {path}:{near}?"));
    }

    private static string Names(Type type) => string.Join(", ", Properties(type).Select(property => property.Name));

    internal static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite);

    /// <summary>What a list of sections holds; null for any other type.</summary>
    internal static Type? ItemSection(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>) && IsSection(type.GetGenericArguments()[0]) ? type.GetGenericArguments()[0] : null;

    internal static bool IsSection(Type type) => type.IsClass && type.Namespace == typeof(OptionsReader).Namespace;
}
