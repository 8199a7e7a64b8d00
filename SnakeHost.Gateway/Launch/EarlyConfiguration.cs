using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Launch;

/// <summary>Which interpreter is asked for, before there is a host: from the same sources, in the same order. No option of the program's own asks for one.</summary>
internal static class EarlyConfiguration
{
    /// <summary>Null when something is wrong with it, which the host will tell.</summary>
    public static PythonOptions? Read(IReadOnlyList<string> arguments)
    {
        try
        {
            string[] settings = [.. CommandLine.Split(arguments).Host];
            var host = new ConfigurationBuilder().AddEnvironmentVariables("ASPNETCORE_").AddEnvironmentVariables("DOTNET_").AddCommandLine(settings).Build();
            var environment = host["environment"] ?? Environments.Production;
            var section = new ConfigurationBuilder()
                .SetBasePath(GatewayServer.ContentRoot())
                .AddJsonFile("appsettings.json", optional: true)
                .AddJsonFile($"appsettings.{environment}.json", optional: true)
                .AddEnvironmentVariables()
                .AddCommandLine(settings)
                .Build()
                .GetSection("SnakeHost:Python");
            var options = new PythonOptions();
            if (section[nameof(options.Executable)] is { Length: > 0 } executable)
                options.Executable = executable;
            if (section[nameof(options.Embedding)] is { Length: > 0 } embedding)
                options.Embedding = Enum.Parse<Embedding>(embedding, ignoreCase: true);
            return options;
        }
        catch (Exception e) when (e is ConfigurationException or ArgumentException or IOException or InvalidDataException or FormatException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
