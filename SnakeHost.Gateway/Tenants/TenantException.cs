using SnakeHost.Gateway.Apps;

namespace SnakeHost.Gateway.Tenants;

/// <summary>Why a request did not get a generation.</summary>
/// <param name="message">What the developer is told.</param>
/// <param name="retryAfter">When trying again makes sense.</param>
internal class TenantException(ErrorKind kind, string message, TimeSpan? retryAfter = null, Exception? innerException = null) : Exception(message, innerException)
{
    public ErrorKind Kind => kind;

    public TimeSpan? RetryAfter => retryAfter;

    public static TenantException NoFolder(string directory) => new(ErrorKind.NotFound, $"There is no folder {directory}.");

    public static TenantException NoRoom(int capacity) =>
        new(ErrorKind.CapacityReached, $"{capacity} apps are loaded and all of them are in use.", TimeSpan.FromSeconds(5));

    public static TenantException TooManyLoads(int most) =>
        new(ErrorKind.TooManyLoads, $"{most} apps are being loaded at once; no more may.", TimeSpan.FromSeconds(1));

    public static TenantException QueueFull(int limit) =>
        new(ErrorKind.QueueFull, $"{limit} requests wait for the app to be loaded; no more may.", TimeSpan.FromSeconds(1));

    public static TenantException Stopping() => new(ErrorKind.ShuttingDown, "The gateway is stopping.", TimeSpan.FromSeconds(5));
}
