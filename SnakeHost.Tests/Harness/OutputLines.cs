namespace SnakeHost.Tests.Harness;

/// <summary>The lines a process has printed so far, both streams in order of arrival. Waiting for one is waiting for a state, not for a time.</summary>
internal sealed class OutputLines
{
    private readonly List<string> _lines = [];
    private TaskCompletionSource _changed = NewSignal();

    public IReadOnlyList<string> All
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    public override string ToString() => string.Join('\n', All);

    public void Add(string line)
    {
        TaskCompletionSource changed;
        lock (_lines)
        {
            _lines.Add(line);
            changed = _changed;
            _changed = NewSignal();
        }

        changed.SetResult();
    }

    /// <summary>The first line that satisfies the condition, printed already or yet to come.</summary>
    /// <exception cref="TimeoutException">It did not come in time; the message holds everything that was printed.</exception>
    public async Task<string> WaitForAsync(Func<string, bool> condition, string what, TimeSpan? within = null)
    {
        var deadline = Task.Delay(within ?? TimeSpan.FromSeconds(90));
        while (true)
        {
            Task changed;
            lock (_lines)
            {
                if (_lines.Find(line => condition(line)) is { } found)
                    return found;
                changed = _changed.Task;
            }

            if (await Task.WhenAny(changed, deadline) == deadline)
                throw new TimeoutException($"Waited in vain for {what}. Printed so far:\n{this}");
        }
    }

    /// <summary>The first line that contains the text.</summary>
    public Task<string> WaitForLineAsync(string text) => WaitForAsync(line => line.Contains(text, StringComparison.Ordinal), $"'{text}'");

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
