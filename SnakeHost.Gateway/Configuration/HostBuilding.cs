namespace SnakeHost.Gateway.Configuration;

/// <summary>Makes the builder of the host where .NET cannot watch its settings' files too.</summary>
internal static class HostBuilding
{
    private const string Polling = "DOTNET_USE_POLLING_FILE_WATCHER";

    /// <summary>.NET watches appsettings.json by inotify, and fails to start where the user has no instance left; its files are then looked at every few seconds.</summary>
    public static T Create<T>(Func<T> create)
    {
        try
        {
            return create();
        }
        catch (IOException e) when (Environment.GetEnvironmentVariable(Polling) is null && e is not (FileNotFoundException or DirectoryNotFoundException))
        {
            // The only thing that it opens but the files themselves, which would fail again.
            Environment.SetEnvironmentVariable(Polling, "true");
            return create();
        }
    }
}
