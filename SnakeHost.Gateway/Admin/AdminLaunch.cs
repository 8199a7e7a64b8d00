namespace SnakeHost.Gateway.Admin;

/// <summary>An entry for the <c>configurations</c> of VS Code's <c>launch.json</c>.</summary>
internal sealed record AdminLaunch(string Name, string Type, string Request, AdminConnect Connect, bool JustMyCode);
