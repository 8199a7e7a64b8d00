using System.Collections;
using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Launch;

/// <summary>Which interpreter is asked for, before there is a host: from the same sources, in the same order. No option of the program's own asks for one.</summary>
internal static class EarlyConfiguration
{
    private const string Section = "SnakeHost:Python";

    /// <summary>Null when something is wrong with it, which the host will tell.</summary>
    public static PythonOptions? Read(IReadOnlyList<string> arguments)
    {
        try
        {
            // .NET's configuration takes some 50 ms here. Where neither arguments nor files say anything of the interpreter, only the environment is left.
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
        text.Contains("Python", StringComparison.OrdinalIgnoreCase) || text.Contains("\\u", StringComparison.OrdinalIgnoreCase);

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

    private static PythonOptions ReadAll(IReadOnlyList<string> arguments, string folder)
    {
        string[] settings = [.. CommandLine.Split(arguments).Host];
        var host = new ConfigurationBuilder().AddEnvironmentVariables("ASPNETCORE_").AddEnvironmentVariables("DOTNET_").AddCommandLine(settings).Build();
        var environment = host["environment"] ?? Environments.Production;
        var section = new ConfigurationBuilder()
            .SetBasePath(folder)
            .AddJsonFile("appsettings.json", optional: true)
            .AddJsonFile($"appsettings.{environment}.json", optional: true)
            .AddEnvironmentVariables()
            .AddCommandLine(settings)
            .Build()
            .GetSection(Section);
        return Create(section[nameof(PythonOptions.Executable)], section[nameof(PythonOptions.Embedding)]);
    }

    private static PythonOptions ReadEnvironment()
    {
        string? executable = null, embedding = null;
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            var key = ((string)variable.Key).Replace("__", ":", StringComparison.Ordinal);
            if (key.Equals($"{Section}:{nameof(PythonOptions.Executable)}", StringComparison.OrdinalIgnoreCase))
                executable = (string?)variable.Value;
            else if (key.Equals($"{Section}:{nameof(PythonOptions.Embedding)}", StringComparison.OrdinalIgnoreCase))
                embedding = (string?)variable.Value;
        }

        return Create(executable, embedding);
    }

    private static PythonOptions Create(string? executable, string? embedding)
    {
        var options = new PythonOptions();
        if (executable is { Length: > 0 })
            options.Executable = executable;
        if (embedding is { Length: > 0 })
            options.Embedding = Enum.Parse<Embedding>(embedding, ignoreCase: true);
        return options;
    }
}
