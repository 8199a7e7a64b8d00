namespace SnakeHost.Tests.Harness;

/// <summary>How a test wants its gateway started.</summary>
internal sealed record GatewaySettings
{
    /// <summary>The interpreter to embed; null leaves it to the gateway's default.</summary>
    public string? Python { get; init; }

    /// <summary>SnakeHost:Root; null leaves it to the gateway's default.</summary>
    public string? Root { get; init; }

    /// <summary>Development shows tracebacks, which makes a failing test explain itself.</summary>
    public string EnvironmentName { get; init; } = "Development";

    public string Listen { get; init; } = "127.0.0.1:0";

    public string Admin { get; init; } = "127.0.0.1:0";

    /// <summary>Further command line arguments.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>A command that runs the one behind it, such as <c>setpriv</c> with its options; nothing: it is run at once.</summary>
    public IReadOnlyList<string> Through { get; init; } = [];

    /// <summary>The built gateway as .NET starts it, which enters the interpreter's program by starting a second time there.</summary>
    public static IReadOnlyList<string> ByDotNet { get; } = ["dotnet", GatewayLocation.Assembly];

    /// <summary>
    /// What is started. By default the built gateway: by <see cref="Python"/>, if that is named, which saves .NET's first start (tests in <c>Launch</c> show that
    /// nothing differs); else <see cref="ByDotNet"/>.
    /// </summary>
    public IReadOnlyList<string>? Program { get; init; }

    /// <summary>Where it is started; null for an empty folder of its own.</summary>
    public string? CurrentDirectory { get; init; }

    /// <summary>Further environment variables.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public IEnumerable<string> CommandLine() =>
    [
        "--listen", Listen, "--admin", Admin,
        .. Root is null ? Array.Empty<string>() : [$"--SnakeHost:Root={Root}"],
        .. Arguments,
    ];
}
