using System.CommandLine;
using System.CommandLine.Help;

namespace SnakeHost.Gateway.Configuration;

/// <summary>The program's arguments: its options, and settings in .NET's own form, which go on to the host.</summary>
internal static class CommandLine
{
    public const int UsageError = 2;

    /// <summary>Of the command that starts the program.</summary>
    public const string Name = "snakehost";

    private const string Examples = """
        Examples:
          snakehost                                            every folder of ./apps at http://{folder}.localhost:9080/
          snakehost --root ~/projects                          every folder of ~/projects
          snakehost --app main:app --autoreload                one app, from the current directory
          snakehost --server-type wsgi --app "mysite.wsgi:application" --working-dir site --venv site/.venv
          snakehost --app "main:create_app()" --listen :8000 --admin off --threads 16
          snakehost --listen https://:8443 --cert fullchain.pem --key privkey.pem --access-logs json
          snakehost --host "*.preview.example.com" --working-dir "previews/{http.request.host.labels.3}"
          snakehost new flask apps/hello                       a small app to begin with
          snakehost sync                                       the packages of all apps, each in the app's own .venv
          snakehost doctor --listen https://:8443              whether that would work here, and what to do if not

        Exit codes: 0 when it was told to stop, or is done; 1 when it cannot go on, doctor has found a problem, or sync could not install; 2 when an argument or a setting cannot be used.
        Every setting of the configuration can be given too: --SnakeHost:Tenants:IdleTimeout=10m --Logging:LogLevel:Default=Warning
        """;

    // Settings of the host itself, whose names have no colon.
    private static readonly string[] s_hostSettings = ["environment", "contentRoot", "urls", "applicationName"];

    /// <summary>Whether the arguments ask for something that needs no Python: a command, the help, what a shell completes.</summary>
    public static bool EndsAtOnce(IReadOnlyList<string> arguments) =>
        arguments is [var first, ..]
        && (first.StartsWith('[') || first is CommandLineOptions.DoctorName or CommandLineOptions.NewName or CommandLineOptions.SyncName or CommandLineOptions.CompletionName or "--help" or "-h" or "-?" or "--version");

    public static CommandLineResult Parse(IReadOnlyList<string> arguments) =>
        Parse(arguments, Console.Out, Console.Error, Environment.CurrentDirectory);

    public static CommandLineResult Parse(IReadOnlyList<string> arguments, TextWriter output, TextWriter error, string currentDirectory)
    {
        try
        {
            var (own, host) = Split(arguments);
            var options = new CommandLineOptions();

            // No response files: an argument that starts with @ is what it says.
            var parsed = options.Command.Parse(own, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (parsed.Action is { } action && action != options.Command.Action && parsed.Errors.Count == 0)
            {
                using var written = new StringWriter();
                parsed.Invoke(new InvocationConfiguration { Output = written, Error = error });
                // By the name of the tool's command, not by that of the program's file.
                output.Write(action is HelpAction ? written.ToString().Replace($"{RootCommand.ExecutableName} ", $"{Name} ", StringComparison.Ordinal) + Examples + Environment.NewLine : written.ToString());
                return CommandLineResult.Exit(0);
            }

            if (parsed.UnmatchedTokens is [var unknown, ..]) throw Unknown(unknown, options);
            if (parsed.Errors is [var first, ..]) throw new ConfigurationException(string.Join(' ', first.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.') + ".");
            return new CommandLineResult(null, host, new CommandLineSettings(options, parsed, currentDirectory).ToDictionary(), TaskOf(options, parsed));
        }
        catch (ConfigurationException exception)
        {
            error.WriteLine(exception.Message);
            return CommandLineResult.Exit(UsageError);
        }
    }

    /// <summary>Tells the program's own options from .NET's settings.</summary>
    /// <exception cref="ConfigurationException">A setting has no value.</exception>
    public static (List<string> Own, List<string> Host) Split(IReadOnlyList<string> arguments)
    {
        var (own, host) = (new List<string>(), new List<string>());
        for (var index = 0; index < arguments.Count; index++)
        {
            var argument = arguments[index];
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? argument : argument[..equals];
            if (!name.StartsWith("--", StringComparison.Ordinal)
                || !(name.Contains(':', StringComparison.Ordinal) || s_hostSettings.Contains(name[2..], StringComparer.OrdinalIgnoreCase)))
            {
                own.Add(argument);
                continue;
            }

            if (equals < 0)
            {
                if (index + 1 == arguments.Count) throw new ConfigurationException($"{name} has no value: write {name}=VALUE.");
                argument = $"{name}={arguments[++index]}";
            }

            host.Add(argument);
        }

        return (own, host);
    }

    private static CommandLineTask? TaskOf(CommandLineOptions options, ParseResult parsed) => parsed.CommandResult.Command.Name switch
    {
        CommandLineOptions.DoctorName => new(CommandLineOptions.DoctorName, []),
        CommandLineOptions.NewName => new(CommandLineOptions.NewName, [parsed.GetRequiredValue(options.Kind), parsed.GetRequiredValue(options.Folder)]),
        CommandLineOptions.SyncName => new(CommandLineOptions.SyncName, [parsed.GetValue(options.Directory) ?? "", parsed.GetValue(options.Recreate) ? options.Recreate.Name : "", parsed.GetValue(options.Environment) ?? ""]),
        CommandLineOptions.CompletionName => new(CommandLineOptions.CompletionName, [parsed.GetRequiredValue(options.Shell)]),
        _ => null,
    };

    private static ConfigurationException Unknown(string token, CommandLineOptions options)
    {
        if (!token.StartsWith('-')) return new ConfigurationException($"'{token}' is not expected here; an app is named by --app, a folder by --working-dir or --root.");
        var name = token.Split('=')[0];
        var near = Suggestion.For(name, options.Command.Options.Select(option => option.Name));
        return new ConfigurationException($"{name} is not an option: " + (near is null ? "--help lists them." : $"did you mean {near}?"));
    }
}
