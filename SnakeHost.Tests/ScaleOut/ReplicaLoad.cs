using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.ScaleOut;

/// <summary>Several clients, each of which sends one request after the other, until it is ended.</summary>
internal sealed class ReplicaLoad : IDisposable
{
    private const int Clients = 6;

    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<int, int> _answers = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly ConcurrentQueue<string> _orders = new();
    private readonly Task _clients;

    /// <param name="withOrders">Whether every other request is a POST.</param>
    public ReplicaLoad(IPEndPoint address, Uri site, bool withOrders) =>
        _clients = Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(() => AskAsync(address, site, withOrders))));

    /// <summary>So many answers so far, of whichever replica.</summary>
    public int Count => _answers.Values.Sum();

    /// <summary>What was acknowledged.</summary>
    public IReadOnlyCollection<string> Orders => _orders;

    /// <summary>Returns when as many answers of this process as that have come.</summary>
    public Task WaitForAsync(int process, int answers) => Eventually.Async(() =>
    {
        Assert.InRange(_answers.GetValueOrDefault(process), answers, int.MaxValue);
        return Task.CompletedTask;
    });

    /// <summary>Returns when so many more answers have come.</summary>
    public Task WaitForMoreAsync(int answers)
    {
        var goal = Count + answers;
        return Eventually.Async(() =>
        {
            Assert.InRange(Count, goal, int.MaxValue);
            return Task.CompletedTask;
        });
    }

    /// <summary>Lets the requests under way end; none may have failed.</summary>
    public async Task EndAsync(Func<string> describe)
    {
        await _end.CancelAsync();
        await _clients;
        Assert.True(_failures.IsEmpty, $"{_failures.Count} requests failed beside {Count} that were answered:\n{string.Join('\n', _failures.Take(10))}\n{describe()}");
    }

    public void Dispose() => _end.Dispose();

    private async Task AskAsync(IPEndPoint address, Uri site, bool withOrders)
    {
        using var client = Loopback.ClientFor(address, static () => "");
        for (var number = 0; !_end.IsCancellationRequested; number++)
        {
            var order = withOrders && number % 2 == 1 ? Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture) : null;
            try
            {
                using var response = order is null
                    ? await client.GetAsync(site)
                    : await client.PostAsync(new Uri(site, $"/orders/{order}"), JsonContent.Create(new { order }));
                var answer = JsonSerializer.Deserialize<JsonElement>(await response.TextAsync(HttpStatusCode.OK));
                _answers.AddOrUpdate(answer.GetProperty("process").GetInt32(), 1, static (_, before) => before + 1);
                if (order is not null)
                    _orders.Enqueue(order);
            }
            catch (Exception e)
            {
                _failures.Enqueue($"{(order is null ? "GET" : "POST")}: {e.Message}");
            }
        }
    }
}
