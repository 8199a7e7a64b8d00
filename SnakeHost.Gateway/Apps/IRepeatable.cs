namespace SnakeHost.Gateway.Apps;

/// <summary>A failure after which the request may be handed to an app again, as if nothing had been.</summary>
internal interface IRepeatable
{
    bool IsUnsent { get; }
}
