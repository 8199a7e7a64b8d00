using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace SnakeHost.Gateway.Tenants;

/// <summary>
/// A subscriber's events, from the moment it subscribed. A slow reader loses events, not the gateway's time: where some are missing stands one
/// <see cref="TenantEventKind.Dropped"/> with their number.
/// </summary>
internal sealed class TenantEventSubscription(int capacity, TimeProvider time, Action<TenantEventSubscription> unsubscribe) : IDisposable
{
    private readonly Channel<TenantEvent> _channel =
        Channel.CreateBounded<TenantEvent>(new BoundedChannelOptions(capacity) { SingleReader = true, SingleWriter = true });

    private readonly Lock _gate = new();
    private long _dropped;
    private bool _completed;

    /// <summary>Ends when the token is cancelled (by an exception) or the subscription or the gateway is disposed.</summary>
    public async IAsyncEnumerable<TenantEvent> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            while (_channel.Reader.TryRead(out var next))
                yield return next;

            // Lost while the channel was full, with nothing after them to carry the marker.
            if (TakeMarker() is { } marker)
                yield return marker;
            else if (!await _channel.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
                yield break;
        }
    }

    public void Dispose()
    {
        unsubscribe(this);
        Complete();
    }

    internal void Complete()
    {
        lock (_gate)
        {
            _completed = true;
            _channel.Writer.TryComplete();
        }
    }

    internal void Publish(TenantEvent next)
    {
        // Held for two writes into memory at most; the reader takes it only when it has fallen behind and has caught up.
        lock (_gate)
        {
            if (_completed)
                return;
            if (_dropped > 0 && _channel.Writer.TryWrite(Marker()))
                _dropped = 0;
            if (_dropped > 0 || !_channel.Writer.TryWrite(next))
                _dropped++;
        }
    }

    private TenantEvent? TakeMarker()
    {
        lock (_gate)
        {
            // Not empty any more: the marker, if it is still due, belongs behind what has come in.
            if (_dropped == 0 || _channel.Reader.Count > 0)
                return null;
            var marker = Marker();
            _dropped = 0;
            return marker;
        }
    }

    private TenantEvent Marker() => new("", TenantEventKind.Dropped, 0, time.GetUtcNow()) { Dropped = _dropped };
}
