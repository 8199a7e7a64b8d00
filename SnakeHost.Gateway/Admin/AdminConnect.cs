namespace SnakeHost.Gateway.Admin;

/// <summary>To which address an editor connects.</summary>
internal sealed record AdminConnect(string Host, int Port);
