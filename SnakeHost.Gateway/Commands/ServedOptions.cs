using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Commands;

/// <summary>What a gateway would serve that is started with the same arguments, files and environment.</summary>
internal static class ServedOptions
{
    /// <summary>Null when they cannot be used, which has then been said.</summary>
    public static SnakeHostOptions? Read(CommandLineResult commandLine, TextWriter error)
    {
        try
        {
            var builder = HostBuilding.Create(() => WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [.. commandLine.HostArguments], ContentRootPath = ContentRoot.Find() }));
            builder.Configuration.AddInMemoryCollection(commandLine.Settings);
            return OptionsReader.Read(builder.Configuration, builder.Environment.ContentRootPath);
        }
        catch (Exception e) when (e is ConfigurationException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine(e.Message);
            return null;
        }
    }
}
