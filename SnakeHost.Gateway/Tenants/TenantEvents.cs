using System.Collections.Immutable;

namespace SnakeHost.Gateway.Tenants;

/// <summary>Publishes every change of a tenant's state to whoever subscribed; never waits for them.</summary>
internal sealed class TenantEvents(TimeProvider time)
{
    private ImmutableArray<TenantEventSubscription> _subscriptions = [];
    private bool _completed;

    /// <summary>Subscribes from now on.</summary>
    /// <param name="capacity">How many events may wait for the reader before further ones are dropped.</param>
    public TenantEventSubscription Subscribe(int capacity = 1024)
    {
        var subscription = new TenantEventSubscription(
            capacity, time, left => ImmutableInterlocked.Update(ref _subscriptions, (all, one) => all.Remove(one), left));
        ImmutableInterlocked.Update(ref _subscriptions, (all, one) => all.Add(one), subscription);

        // After it was added: either this sees the end, or the end sees the subscription.
        if (Volatile.Read(ref _completed))
            subscription.Complete();
        return subscription;
    }

    internal void Publish(TenantEvent next)
    {
        foreach (var subscription in _subscriptions)
            subscription.Publish(next);
    }

    /// <summary>Ends all subscriptions.</summary>
    internal void Complete()
    {
        Volatile.Write(ref _completed, true);
        foreach (var subscription in _subscriptions)
            subscription.Complete();
    }
}
