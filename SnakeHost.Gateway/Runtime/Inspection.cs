using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.CPython;

namespace SnakeHost.Gateway.Runtime;

/// <summary>Looks at apps from outside while they go on: by a thread of its own, which alone waits for the GIL.</summary>
internal static class Inspection
{
    /// <summary>Then what is known without Python is told.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <summary>One look at a time: where the GIL is kept for long, no more threads wait for it.</summary>
    private static readonly SemaphoreSlim s_one = new(1);

    /// <param name="queue">Of the app: see <see cref="Exchange.Queue"/>.</param>
    /// <param name="workers">The thread that answers each of the requests, or null for the app's loop. Called with the GIL.</param>
    public static async Task<IReadOnlyList<RunningRequest>> DescribeAsync(
        LoadedApp app, IReadOnlyCollection<Exchange> exchanges, object queue, Func<Dictionary<long, PythonThread?>> workers, CancellationToken cancellationToken)
    {
        var found = (await TakeAsync(app, exchanges, workers, cancellationToken)).Select(taken => taken.Request)
            .Concat(Exchange.SendingOf(queue).Select(exchange => exchange.Describe()).OfType<RunningRequest>().Select(request => request with { State = RunningRequest.Sending }));
        return [.. found.OrderByDescending(request => request.AgeMs)];
    }

    /// <summary>Describes those that have become slow, and marks them. One whose answer has begun is not, nor one of which Python does not tell: the next look may find out.</summary>
    public static async Task<IReadOnlyList<RunningRequest>> TakeSlowAsync(
        LoadedApp app, IReadOnlyCollection<Exchange> slow, Func<Dictionary<long, PythonThread?>> workers, CancellationToken cancellationToken)
    {
        var found = new List<RunningRequest>();
        foreach (var (exchange, request) in await TakeAsync(app, slow, workers, cancellationToken))
        {
            if (request.HasBegun || request.State == RunningRequest.Unknown)
                continue;
            exchange.MarkSlow(request.DescribeStacks());
            found.Add(request with { IsSlow = true });
        }

        return found;
    }

    private static async Task<IReadOnlyList<(Exchange Exchange, RunningRequest Request)>> TakeAsync(
        LoadedApp app, IReadOnlyCollection<Exchange> exchanges, Func<Dictionary<long, PythonThread?>> workers, CancellationToken cancellationToken)
    {
        if (exchanges.Count == 0)
            return [];
        var taken = await AskAsync(() => Take(app, workers()), cancellationToken);
        var found = new List<(Exchange, RunningRequest)>();
        foreach (var exchange in exchanges)
        {
            if (exchange.Describe() is not { } request)
                continue;
            found.Add((exchange, taken is null ? request with { State = RunningRequest.Unknown }
                : taken.GetValueOrDefault(request.Id) is { } stacks ? request with { State = stacks.Running ? RunningRequest.Running : RunningRequest.Awaiting, HasBegun = request.HasBegun || stacks.Begun, Stacks = stacks.Stacks }
                : request));
        }

        return found;
    }

    /// <summary>Null when Python does not answer.</summary>
    private static async Task<T?> AskAsync<T>(Func<T> ask, CancellationToken cancellationToken)
        where T : class
    {
        if (!await s_one.WaitAsync(s_patience, cancellationToken))
            return null;
        var looking = PythonThread.RunAsync("SnakeHost inspection", thread =>
        {
            using (thread.Attach())
                return ask();
        });
        _ = looking.ContinueWith(static _ => s_one.Release(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            return await looking.WaitAsync(s_patience, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // It takes too long, the app has ended meanwhile, or what it has put in the way cannot be read.
            return null;
        }
    }

    private static Dictionary<long, TakenStacks> Take(LoadedApp app, Dictionary<long, PythonThread?> workers)
    {
        using var module = Py.Import("snakehost.stacks");
        using var take = module.Attribute("take");
        using var requests = Py.Dict();
        foreach (var (id, thread) in workers)
        {
            using var number = Py.Int(id);
            Py.SetNew(requests, number, thread is null ? PyBorrowed.None.Own() : Py.Tuple(Py.Int((long)thread.Identifier), Py.String($"{thread.Name} ({thread.NativeId})")));
        }

        using var json = take.Call(app.Generation, requests);
        return PythonJson.Read(json.ToString(), InspectionJsonContext.Default.DictionaryInt64TakenStacks);
    }
}
