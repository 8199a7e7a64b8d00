using System.Reflection;
using System.Security.Cryptography;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Commands;

/// <summary>Makes the folder of a small app, of the files in <c>templates</c>.</summary>
internal static class NewApp
{
    private const int SecretBytes = 32;

    /// <returns>The exit code.</returns>
    public static int Make(string kind, string folder, string currentDirectory, TextWriter output, TextWriter error)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder, currentDirectory));
        var name = Path.GetFileName(path);
        if (!IsName(name))
        {
            error.WriteLine($"'{folder}' is no name for an app: its last part is the first label of the app's host, so it has letters, digits, - and _ only, and begins with a letter.");
            return CommandLine.UsageError;
        }

        try
        {
            if (File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any()))
            {
                error.WriteLine($"{path} is there already, and not empty: give the app another name.");
                return 1;
            }

            foreach (var (file, text) in Files(kind))
            {
                var target = Path.Join(path, file);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.WriteAllText(target, text);
                output.WriteLine(Path.GetRelativePath(currentDirectory, target));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error.WriteLine(e.Message);
            return 1;
        }

        var relative = Path.GetRelativePath(currentDirectory, path);
        output.WriteLine($"""

            Its packages:  snakehost sync {relative}
            Serve it:      snakehost --root {(Path.GetDirectoryName(relative) is { Length: > 0 } parent ? parent : ".")}
            Ask it:        curl http://{name.Replace('_', '-').ToLowerInvariant()}.localhost:9080/
            """);
        return 0;
    }

    private static IEnumerable<(string File, string Text)> Files(string kind)
    {
        var prefix = $"templates/{kind}/";
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            yield return (resource[prefix.Length..], reader.ReadToEnd().Replace("SECRET-OF-ITS-OWN", RandomNumberGenerator.GetHexString(SecretBytes, lowercase: true), StringComparison.Ordinal));
        }
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 63 && char.IsAsciiLetter(name[0]) && name[^1] is not ('-' or '_') && name.All(static character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_');
}
