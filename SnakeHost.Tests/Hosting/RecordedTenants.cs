extern alias Hosting;

using System.Collections.Immutable;
using Hosting::SnakeHost.Hosting;
using Hosting::SnakeHost.Gateway.Telemetry;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Hosting;

/// <summary>Keeps what is told of tenants.</summary>
internal sealed class RecordedTenants
{
    private ImmutableList<TenantStatus> _statuses = [];
    private ImmutableList<(string Tenant, string Stream, string Text)> _lines = [];

    public IReadOnlyCollection<(string Tenant, string Stream, string Text)> Lines => Volatile.Read(ref _lines);

    public IEnumerable<TenantState> StatesOf(string id) => Volatile.Read(ref _statuses).Where(status => status.Id == id).Select(status => status.State);

    public Task StatusAsync(TenantStatus status)
    {
        ImmutableInterlocked.Update(ref _statuses, static (all, one) => all.Add(one), status);
        return Task.CompletedTask;
    }

    public Task LineAsync(OutputLine line)
    {
        ImmutableInterlocked.Update(ref _lines, static (all, one) => all.Add((one.Tenant, one.Stream, one.Text)), line);
        return Task.CompletedTask;
    }

    /// <summary>Waits until the tenant's last status is such a one.</summary>
    public async Task<TenantStatus> WaitAsync(string id, Func<TenantStatus, bool> condition)
    {
        TenantStatus? last = null;
        await Eventually.Async(() =>
        {
            last = Volatile.Read(ref _statuses).LastOrDefault(status => status.Id == id);
            Assert.True(last is not null && condition(last), $"{id} is {last}");
            return Task.CompletedTask;
        });
        return last!;
    }

    public Task WaitForLineAsync((string Tenant, string Stream, string Text) line) => Eventually.Async(() =>
    {
        Assert.Contains(line, Lines);
        return Task.CompletedTask;
    });
}
