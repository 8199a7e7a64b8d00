using System.Collections;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Launch;

/// <summary>Which interpreter is asked for, and how many gateways, before there is a host: from the same sources, in the same order.</summary>
internal static class EarlyConfiguration
{
    private const string EmbeddingKey = $"{OptionsReader.Section}:Python:{nameof(PythonOptions.Embedding)}";
    private const string WorkersKey = $"{OptionsReader.Section}:{nameof(SnakeHostOptions.Workers)}";

    /// <summary>Null when something is wrong with it, which the host will tell.</summary>
    public static EarlyOptions? Read(IReadOnlyList<string> arguments)
    {
        try
        {
            // .NET's configuration takes some 50 ms here. Where neither arguments nor files say anything of it, only the environment is left.
            var folder = ContentRoot.Find();
            return arguments.Any(Mentions) || Directory.EnumerateFiles(folder, "appsettings*.json").Any(FileMentions)
                ? ReadAll(arguments, folder)
                : ReadEnvironment();
        }
        catch (Exception e) when (e is ConfigurationException or ArgumentException or IOException or InvalidDataException or FormatException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool Mentions(string text) =>
        text.Contains("Python", StringComparison.OrdinalIgnoreCase)
        || text.Contains(nameof(SnakeHostOptions.Workers), StringComparison.OrdinalIgnoreCase)
        || text.Contains("\\u", StringComparison.OrdinalIgnoreCase);

    /// <summary>One that cannot be read may be another environment's, which is not asked.</summary>
    private static bool FileMentions(string file)
    {
        try
        {
            return Mentions(File.ReadAllText(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    private static EarlyOptions? ReadAll(IReadOnlyList<string> arguments, string folder)
    {
        // No option of the program's own asks for an interpreter, and each costs time to read.
        var (ownArguments, hostArguments) = CommandLine.Split(arguments);
        var own = ownArguments.Exists(static argument => argument.StartsWith("--workers", StringComparison.Ordinal))
            ? CommandLine.Parse(arguments, TextWriter.Null, TextWriter.Null, Environment.CurrentDirectory)
            : null;
        if (own?.ExitCode is not null)
            return null;
        string[] settings = [.. hostArguments];
        var host = new ConfigurationBuilder().AddEnvironmentVariables("ASPNETCORE_").AddEnvironmentVariables("DOTNET_").AddCommandLine(settings).Build();
        var environment = host["environment"] ?? Environments.Production;
        var configuration = new ConfigurationBuilder()
            .SetBasePath(folder)
            .AddJsonFile("appsettings.json", optional: true)
            .AddJsonFile($"appsettings.{environment}.json", optional: true)
            .AddEnvironmentVariables()
            .AddCommandLine(settings)
            .AddInMemoryCollection(own?.Settings)
            .Build();
        return Create(configuration[PythonOptions.ExecutableKey], configuration[EmbeddingKey], configuration[WorkersKey]);
    }

    private static EarlyOptions ReadEnvironment()
    {
        string? executable = null, embedding = null, workers = null;
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            var key = ((string)variable.Key).Replace("__", ":", StringComparison.Ordinal);
            if (key.Equals(PythonOptions.ExecutableKey, StringComparison.OrdinalIgnoreCase))
                executable = (string?)variable.Value;
            else if (key.Equals(EmbeddingKey, StringComparison.OrdinalIgnoreCase))
                embedding = (string?)variable.Value;
            else if (key.Equals(WorkersKey, StringComparison.OrdinalIgnoreCase))
                workers = (string?)variable.Value;
        }

        return Create(executable, embedding, workers);
    }

    private static EarlyOptions Create(string? executable, string? embedding, string? workers)
    {
        var options = new PythonOptions();
        if (executable is { Length: > 0 })
            options.Executable = executable;
        if (embedding is { Length: > 0 })
            options.Embedding = Enum.Parse<Embedding>(embedding, ignoreCase: true);
        return new EarlyOptions(options, workers is null ? 1 : (int)OptionValue.Convert(typeof(SnakeHostOptions).GetProperty(nameof(SnakeHostOptions.Workers))!, WorkersKey, workers));
    }
}
