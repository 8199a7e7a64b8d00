namespace SnakeHost.Gateway.Configuration;

/// <summary>Which requests, and the app they reach. Texts marked as templates take placeholders.</summary>
internal sealed class RouteOptions
{
    /// <summary>An exact host, <c>*.suffix</c> (one or more labels before the suffix) or <c>*</c>.</summary>
    public string Host { get; set; } = "*";

    /// <summary>A prefix of whole segments, which becomes SCRIPT_NAME and root_path; a segment <c>*</c> stands for any one.</summary>
    public string Path { get; set; } = "/";

    /// <summary>The app gets the path whole, with nothing in SCRIPT_NAME and root_path; <see cref="Path"/> then only chooses.</summary>
    public bool KeepPrefix { get; set; }

    /// <summary>Template: what the admin listener, logs and telemetry call the app; empty for its folder's name.</summary>
    public string Name { get; set; } = "";

    /// <summary>Template: <c>module:attribute</c>, <c>module:factory()</c> or <c>auto</c>.</summary>
    public string App { get; set; } = "auto";

    public InterfaceKind Interface { get; set; }

    /// <summary>Template: relative to Root, and never outside it when it holds a placeholder.</summary>
    public string WorkingDirectory { get; set; } = "{http.request.host.labels.1}";

    /// <summary>Template: relative to Root; empty for <c>.venv</c> or <c>venv</c> in the working directory, if there is one.</summary>
    public string Venv { get; set; } = "";

    /// <summary>Templates: dotenv files, relative to the working directory; later ones win. A missing <c>.env</c> is no error.</summary>
    public List<string> EnvFiles { get; set; } = [".env"];

    /// <summary>Values are templates: environment variables, over those of the files.</summary>
    public Dictionary<string, string> Env { get; set; } = [];

    /// <summary>Variables of the gateway's own environment that begin so are the app's, without the prefix; below those of <see cref="Env"/>.</summary>
    public string EnvPrefix { get; set; } = "";

    /// <summary>The variables of <see cref="EnvPrefix"/> are not known yet: they come by the admin listener, and until then the app is not loaded.</summary>
    public bool EnvLater { get; set; }

    public LifespanMode Lifespan { get; set; }

    /// <summary>Whether the app shares the gateway's interpreter or has a process of its own.</summary>
    public IsolationMode Isolation { get; set; }

    /// <summary>Processes of an app that has its own; <c>cores</c>: as many as the machine has processors.</summary>
    [WholeNumber(1, 256, IsCores = true)]
    public int Processes { get; set; } = 1;

    /// <summary>A process of an app's own that holds more memory is replaced.</summary>
    [Size(Minimum = 1 << 24, Infinite = true)]
    public long MemoryLimit { get; set; } = ByteSize.Unlimited;

    /// <summary>Requests after which a process of an app's own is replaced; 0 for no limit.</summary>
    [WholeNumber(0, int.MaxValue)]
    public int MaxRequests { get; set; }

    public AutoreloadOptions Autoreload { get; set; } = new();

    public DebuggerOptions Debugger { get; set; } = new();

    /// <summary>The most threads that a WSGI app gets.</summary>
    [WholeNumber(1, 1024)]
    public int Threads { get; set; } = 8;

    /// <summary>Requests that may wait for the app; more are answered 503. A request waits until its answer has begun (ASGI) or a thread has taken it (WSGI).</summary>
    [WholeNumber(1, 1_000_000)]
    [Formerly("Queue")]
    public int QueueLimit { get; set; } = 1000;

    /// <summary>More is answered 413. Null until read: then as <see cref="LimitOptions"/> says.</summary>
    [Size(Infinite = true)]
    public long? MaxRequestBodySize { get; set; }

    /// <summary>Compress answers for clients that accept it.</summary>
    public bool Compress { get; set; }

    /// <summary>A WSGI request body without a length is buffered up to this size, so that the app gets its length; 0 streams all.</summary>
    [WholeNumber(0, 1 << 30)]
    [Formerly("ChunkedBuffer")]
    public int MaxBufferedRequestBody { get; set; } = 1 << 20;

    /// <summary>Shared packages or distributions of which each app gets a copy of its own, because they hold process-wide state.</summary>
    public List<string> PrivatePackages { get; set; } = ["bottle", "django", "sqlmodel"];

    /// <summary>Folders that the gateway serves itself: path below the route → folder, relative to the working directory.</summary>
    public Dictionary<string, string> Static { get; set; } = [];

    /// <summary>So long browsers may keep a file of <see cref="Static"/> without asking whether it has changed.</summary>
    [Duration]
    public TimeSpan StaticMaxAge { get; set; }

    /// <summary>The configuration key that it was read from, for messages. Not a key itself.</summary>
    internal string Key { get; set; } = "SnakeHost:Route";
}
