using SnakeHost.Gateway.Configuration;

namespace SnakeHost.Gateway.Runtime;

/// <summary>What to import, and with what around it.</summary>
/// <param name="Id">Names this version of the app in output and errors.</param>
/// <param name="App"><c>module:attribute</c>, <c>module:factory()</c> or <c>auto</c>.</param>
/// <param name="Interface">How to call it, or Auto.</param>
/// <param name="Directory">Its working directory, absolute.</param>
/// <param name="Venv">Its virtual environment, absolute, or null.</param>
/// <param name="PrivatePackages">Packages of which it gets its own copy.</param>
/// <param name="Environment">Variables on top of the process's.</param>
/// <param name="IsDeveloping">Whether it gets what a framework's own server for development adds.</param>
/// <param name="IsMovable">Whether it may be loaded in a process of its own instead: then what would concern other apps ends the load.</param>
internal sealed record AppRequest(
    string Id,
    string App,
    InterfaceKind Interface,
    string Directory,
    string? Venv,
    IReadOnlyList<string> PrivatePackages,
    IReadOnlyDictionary<string, string> Environment,
    bool IsDeveloping,
    bool IsMovable);
