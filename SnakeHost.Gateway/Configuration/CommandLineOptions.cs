using System.CommandLine;
using System.CommandLine.Help;

namespace SnakeHost.Gateway.Configuration;

/// <summary>The options, under the names that caddy-snake's <c>python-server</c> made familiar. Each is text; <see cref="CommandLineSettings"/> gives it its meaning.</summary>
internal sealed class CommandLineOptions
{
    public const string DoctorName = "doctor";
    public const string NewName = "new";
    public const string SyncName = "sync";
    public const string CompletionName = "completion";

    private static readonly string[] s_kinds = ["flask", "fastapi", "django", "wsgi", "asgi"];
    private static readonly string[] s_shells = ["bash", "zsh", "fish"];

    public CommandLineOptions()
    {
        Command = new RootCommand("Serves Python web apps, WSGI and ASGI, many in one process. Without an option it serves every folder of ./apps at http://{folder}.localhost:9080/.")
        {
            App, ServerType, WorkingDirectory, Venv, Root, Host, PathPrefix, KeepPrefix, Listen, Admin, Autoreload, Lifespan, Isolation, Processes, EnvFile, EnvVar,
            StartTimeout, MaxDynamicApps, Threads, Queue, MaxBodySize, StaticPath, StaticRoute, Compress, Domain, Cert, Key, TrustedProxy, AccessLogs, SlowRequest, TracesPerSecond, Workers, Debug,
        };
        // Without an action of its own one of the commands would be demanded.
        Command.SetAction(static _ => 0);
        Serving = [.. Command.Options.Where(static option => option is not (HelpOption or VersionOption))];
        Doctor = new Command(DoctorName, "Tells whether this machine can do what the gateway is asked to, and what to do where it cannot. Takes the gateway's options and settings.");
        foreach (var option in Serving)
            Doctor.Options.Add(option);
        Command.Subcommands.Add(Doctor);
        Command.Subcommands.Add(new Command(NewName, "Makes the folder of a small app.") { Kind, Folder });
        Command.Subcommands.Add(new Command(SyncName, "Makes the virtual environment of each app that names its packages (requirements.txt, pyproject.toml, uv.lock), by uv if it is there, else pip; or brings it up to date.") { Directory, Recreate, Environment });
        Command.Subcommands.Add(new Command(CompletionName, "Prints what makes a shell complete this command's options, to be loaded by its start-up file.") { Shell });
    }

    public RootCommand Command { get; }

    public Command Doctor { get; }

    /// <summary>The gateway's own options.</summary>
    public IReadOnlyList<Option> Serving { get; }

    /// <summary>The framework of a new app.</summary>
    public Argument<string> Kind { get; } = new Argument<string>("KIND") { Description = string.Join(", ", s_kinds) }.AcceptOnlyFromAmong(s_kinds);

    /// <summary>Its folder, the last part of which is its name.</summary>
    public Argument<string> Folder { get; } = new("NAME") { Description = "The folder to make: hello, apps/hello." };

    /// <summary>What is synced.</summary>
    public Argument<string?> Directory { get; } = new("DIR") { Description = "An app's folder, or a folder of apps. [the current directory, if it is an app's, else the folder of apps]", Arity = ArgumentArity.ZeroOrOne };

    public Option<bool> Recreate { get; } = new("--recreate") { Description = "Remove the virtual environment first, and make it anew." };

    /// <summary>Where the environment of what is synced is.</summary>
    public Option<string> Environment { get; } = new("--venv") { HelpName = "DIR", Description = "The virtual environment. [the one that the app's route names, else .venv or venv in the app's folder]" };

    public Argument<string> Shell { get; } = new Argument<string>("SHELL") { Description = string.Join(", ", s_shells) }.AcceptOnlyFromAmong(s_shells);

    public Option<string> App { get; } = Text("--app", "MODULE:NAME",
        "Serve one app on every host: module:attribute, module:factory() or auto. Takes placeholders. Replaces configured routes.");

    public Option<string> ServerType { get; } = Text("--server-type", "wsgi|asgi|auto", "The app's interface. [auto]");

    public Option<string> WorkingDirectory { get; } = Text("--working-dir", "DIR",
        "The app's folder; alone it means --app auto. Takes placeholders. [with --app: the current directory]");

    public Option<string> Venv { get; } = Text("--venv", "DIR", "Virtual environment. Takes placeholders. [.venv or venv in the app's folder]");

    public Option<string> Root { get; } = Text("--root", "DIR", "The folder of apps. [the nearest apps in or above the current directory, else that directory, if it holds apps]");

    public Option<string> Host { get; } = Text("--host", "PATTERN", "Hosts to answer: app.example.com, *.example.com or *. [*.localhost; with --app: *]");

    public Option<string> PathPrefix { get; } = Text("--path", "PREFIX", "Paths to answer: /api, or /*/api with any one segment. The app sees it as SCRIPT_NAME or root_path. [/]");

    public Option<string> KeepPrefix { get; } = Flag("--keep-prefix", "Pass the path on whole, the prefix of --path with it. [off]");

    public Option<string[]> Listen { get; } = Repeated("--listen", "ADDR:PORT", "Public address; port 0 picks a free one; https:// before it for TLS, h2c:// for HTTP/2 in the clear. Repeatable. [127.0.0.1:9080]");

    public Option<string> Admin { get; } = Text("--admin", "ADDR:PORT|off", "Address of the dashboard and its API. [127.0.0.1:9081]");

    public Option<string> Autoreload { get; } = Flag("--autoreload", "Reload an app when its source changes. [on for folders of apps, off with --app]");

    public Option<string> Lifespan { get; } = Text("--lifespan", "auto|on|off", "ASGI lifespan events; on: the app must complete its startup. [auto]");

    public Option<string> Isolation { get; } = Text("--isolation", "auto|shared|process", "Whether an app shares the gateway's interpreter or has a process of its own; auto: its own where sharing cannot work. [auto]");

    public Option<string> Processes { get; } = Text("--processes", "N|cores", "Processes of an app that has its own. [1]");

    public Option<string[]> EnvFile { get; } = Repeated("--env-file", "FILE", "Dotenv file; later ones win. With a placeholder in --working-dir, what is not here is looked for in each app's folder. Takes placeholders. Repeatable. [.env in the app's folder]");

    public Option<string[]> EnvVar { get; } = Repeated("--env-var", "NAME=VALUE", "Environment variable, over those of files. The value takes placeholders. Repeatable.");

    public Option<string> StartTimeout { get; } = Text("--start-timeout", "TIME", "How long loading an app may take: 500ms, 120s, 2m, or -1 for ever. [120s]");

    public Option<string> MaxDynamicApps { get; } = Text("--max-dynamic-apps", "N", "Apps loaded at once; the least recently used idle one makes room. [128]");

    public Option<string> Threads { get; } = Text("--threads", "N", "The most threads of a WSGI app. [8]");

    public Option<string> Queue { get; } = Text("--queue", "N", "The most requests that wait for one app; more are answered 503. [1000]");

    public Option<string> MaxBodySize { get; } = Text("--max-body-size", "SIZE", "The most bytes of a request's body: 65536, 64KB, 30MB, or -1; more is answered 413. [-1]");

    public Option<string> StaticPath { get; } = Text("--static-path", "DIR", "Folder of files that the gateway serves itself.");

    public Option<string> StaticRoute { get; } = Text("--static-route", "PATH", "Where it serves them. [/static]");

    public Option<string> Compress { get; } = Flag("--compress", "Compress answers for clients that accept it. [off]");

    public Option<string[]> Domain { get; } = Repeated("--domain", "HOST", "Host that the --cert at the same place is for. Repeatable. [the names in the certificate]");

    public Option<string[]> Cert { get; } = Repeated("--cert", "FILE", "Certificate for https:// (PEM, intermediates behind it); read again when it changes. Repeatable. [the development certificate]");

    public Option<string[]> Key { get; } = Repeated("--key", "FILE", "Private key of the --cert at the same place. Repeatable. [in the certificate's file]");

    public Option<string[]> TrustedProxy { get; } = Repeated("--trusted-proxy", "ADDR|NETWORK|none", "Believe X-Forwarded-For and -Proto from here. Repeatable. [loopback in Development, else none]");

    public Option<string> AccessLogs { get; } = Flag("--access-logs", "Log a line for each request.", "combined|json");

    public Option<string> SlowRequest { get; } = Text("--slow-request", "TIME", "Log a request whose answer has not begun for so long, with its Python stack; -1: never. [5s in Development, else -1]");

    public Option<string> TracesPerSecond { get; } = Text("--traces-per-second", "N", "Traces recorded of each app; of more requests a share is, and all that fail or are slow. Unless OTEL_TRACES_SAMPLER is set. [100]");

    public Option<string> Workers { get; } = Text("--workers", "N|cores", "Whole gateways that share the public addresses; cores: one for each processor. [1]");

    public Option<string> Debug { get; } = Flag("--debug", "Log at level Debug and answer failures with their traceback.");

    private static Option<string> Text(string name, string value, string description) =>
        Completed(new(name) { HelpName = value, Description = description, Arity = ArgumentArity.ExactlyOne });

    private static Option<string[]> Repeated(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description, Arity = ArgumentArity.OneOrMore };

    // Text, not bool: a bad value is to be reported as every other bad value is.
    private static Option<string> Flag(string name, string description, string values = "true|false") =>
        Completed(new(name) { HelpName = values, Description = description, Arity = ArgumentArity.ZeroOrOne });

    /// <summary>Words of which one is to be chosen are what a shell completes.</summary>
    private static Option<string> Completed(Option<string> option)
    {
        if (option.HelpName!.Split('|') is { Length: > 1 } choices)
            option.CompletionSources.Add([.. choices.Where(static choice => choice.All(char.IsAsciiLetterLower))]);
        return option;
    }
}
