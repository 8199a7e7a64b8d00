namespace SnakeHost.Gateway.Configuration;

/// <summary>The folder of appsettings.json.</summary>
internal static class ContentRoot
{
    /// <summary>The current one, else the program's own.</summary>
    public static string Find() =>
        File.Exists(Path.Join(Environment.CurrentDirectory, "appsettings.json")) ? Environment.CurrentDirectory : AppContext.BaseDirectory;
}
