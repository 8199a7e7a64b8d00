using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Commands;

/// <summary>What the program does beside serving.</summary>
internal static class CommandRunner
{
    /// <returns>The exit code.</returns>
    public static int Run(CommandLineTask task, CommandLineResult commandLine) => task switch
    {
        { Name: CommandLineOptions.NewName, Arguments: [var kind, var folder] } => NewApp.Make(kind, folder, Environment.CurrentDirectory, Console.Out, Console.Error),
        { Name: CommandLineOptions.SyncName, Arguments: [var folder, var recreate, var venv] } =>
            Sync.Run(folder.Length > 0 ? folder : null, recreate.Length > 0, venv.Length > 0 ? venv : null, commandLine, Environment.CurrentDirectory, Console.Out, Console.Error),
        { Name: CommandLineOptions.CompletionName, Arguments: [var shell] } => Print(shell),
        _ => Doctor.Run(commandLine, Console.Out, Console.Error),
    };

    private static int Print(string shell)
    {
        using var script = typeof(CommandRunner).Assembly.GetManifestResourceStream($"completion.{shell}")!;
        using var reader = new StreamReader(script);
        Console.Out.Write(reader.ReadToEnd());
        return 0;
    }
}
