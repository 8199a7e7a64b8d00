namespace SnakeHost.AppHost;

/// <summary>How to start a gateway.</summary>
/// <param name="File">The program.</param>
/// <param name="Arguments">What comes before the user's own arguments.</param>
internal sealed record GatewayCommand(string File, IReadOnlyList<string> Arguments)
{
    /// <summary>The gateway that was built with this launcher; <see langword="null"/> where there is none.</summary>
    public static GatewayCommand? Find(string programDirectory)
    {
        // Its own output first: what it needs at run time (the Python half, appsettings.json) is there in any case.
        var own = programDirectory.Replace("SnakeHost.AppHost", "SnakeHost.Gateway", StringComparison.Ordinal);
        foreach (var directory in new[] { own, programDirectory })
        {
            var assembly = Path.Combine(directory, "SnakeHost.Gateway.dll");
            if (System.IO.File.Exists(assembly) && System.IO.File.Exists(Path.ChangeExtension(assembly, ".runtimeconfig.json")))
                return new GatewayCommand(DotNet, [assembly]);
        }
        return null;
    }

    /// <summary>The host that runs this program, so that no other version is picked up from the path.</summary>
    private static string DotNet =>
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";
}
