namespace SnakeHost.Gateway.Apps;

/// <summary>What an app that ends has left, from the moment on at which this is made.</summary>
internal sealed class GracePeriod(TimeSpan length, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();

    /// <summary><see cref="Timeout.InfiniteTimeSpan"/> when it does not end.</summary>
    public TimeSpan Left
    {
        get
        {
            if (length == Timeout.InfiniteTimeSpan)
                return length;
            var left = length - time.GetElapsedTime(_started);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }
}
