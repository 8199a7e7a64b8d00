namespace Aspire.Hosting.ApplicationModel;

/// <summary>A route of the gateway; see docs/configuration.md. Texts take placeholders such as <c>{http.request.host.labels.2}</c>.</summary>
/// <param name="Host">The hosts it answers: <c>app.example.com</c>, <c>*.example.com</c> or <c>*</c>.</param>
/// <param name="WorkingDirectory">The app's folder, relative to the folder of apps.</param>
public sealed record SnakeRoute(string Host, string WorkingDirectory)
{
    /// <summary>A prefix of whole segments; a segment <c>*</c> stands for any one.</summary>
    public string Path { get; init; } = "/";

    /// <summary><c>module:attribute</c>, <c>module:factory()</c> or <c>auto</c>.</summary>
    public string App { get; init; } = "auto";

    /// <summary><c>auto</c>, <c>wsgi</c> or <c>asgi</c>.</summary>
    public string Interface { get; init; } = "auto";

    /// <summary>Whether it shares the gateway's interpreter: <c>auto</c>, <c>shared</c> or <c>process</c>.</summary>
    public string Isolation { get; init; } = "auto";

    /// <summary>How many processes it has of its own, if it has any.</summary>
    public int Processes { get; init; } = 1;

    /// <summary>How it is debugged from the start; null for not at all.</summary>
    internal (int Port, bool Wait)? Debugger { get; init; }

    /// <summary>What the app is called; empty for its folder's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Absolute or relative to the folder of apps; empty for <c>.venv</c> or <c>venv</c> in the app's folder.</summary>
    public string VirtualEnvironment { get; init; } = "";
}
