using System.Text;

namespace SnakeHost.Gateway.Configuration;

/// <summary>Dotenv files. They are read into a dictionary and never into the process's environment, which all apps share.</summary>
internal static class EnvFile
{
    /// <summary>The one that may be missing, in the working directory itself.</summary>
    public const string DefaultName = ".env";

    // An environment is handed to every subprocess: what is larger is no environment.
    private const int MaximumBytes = 1 << 20;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>All files in order; a later one's value wins.</summary>
    /// <exception cref="ConfigurationException">A file is missing, lies elsewhere than it seems, or holds what is no assignment; the sentence names file and line.</exception>
    public static IReadOnlyDictionary<string, string> ReadAll(IEnumerable<string> paths, string workingDirectory)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            foreach (var (name, value) in Read(path, workingDirectory)) variables[name] = value;
        }

        return variables;
    }

    /// <inheritdoc cref="ReadAll"/>
    public static IReadOnlyDictionary<string, string> Read(string path, string workingDirectory)
    {
        // What is named inside the working directory must be there: a link would let an app's folder read the files of others.
        if (RealPath.IsWithin(path, workingDirectory)
            && (RealPath.Resolve(path) is not { } real || RealPath.Resolve(workingDirectory) is not { } directory || !RealPath.IsWithin(real, directory)))
        {
            throw new ConfigurationException($"{path} is a link that leaves the working directory {workingDirectory}.");
        }

        // Opening a FIFO would hold the load up for ever.
        if (File.Exists(path) && !RegularFile.Is(path)) throw new ConfigurationException($"{path} is not a regular file.");
        try
        {
            using var stream = File.OpenRead(path);
            if (stream.Length > MaximumBytes) throw new ConfigurationException($"{path} is larger than 1 MB.");
            using var reader = new StreamReader(stream, s_strict);
            return Parse(path, reader.ReadToEnd());
        }
        catch (IOException exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            if (path == Path.Join(workingDirectory, DefaultName)) return new Dictionary<string, string>();
            throw new ConfigurationException($"There is no file {path}, which is configured as an environment file.", exception);
        }
        catch (DecoderFallbackException exception)
        {
            throw new ConfigurationException($"{path} is not UTF-8.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{path} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>
    /// Lines <c>NAME=value</c>, with or without <c>export</c>. Values are bare (up to <c> #</c>), <c>'literal'</c> or
    /// <c>"with \n escapes"</c>; quoted ones may span lines. <c>$NAME</c> is not expanded. The last of two equal names wins.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Parse(string path, string text)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        var parser = new EnvFileParser(path, text);
        while (parser.TryNext(out var name, out var value)) variables[name] = value;
        return variables;
    }
}
