namespace SnakeHost.Gateway.Apps;

/// <summary>An app's code does not return, and cannot be ended from outside: its thread is left behind.</summary>
internal sealed class AppStuckException(string message) : Exception(message)
{
    /// <summary>Waits for what an app does after it has been asked to stop.</summary>
    /// <param name="task">Completes when it has stopped.</param>
    /// <param name="patience">So long at most.</param>
    /// <exception cref="AppStuckException">It has not.</exception>
    public static async Task AwaitAsync(Task task, TimeSpan patience, string what)
    {
        await task.WaitAsync(patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!task.IsCompleted)
            throw new AppStuckException($"{what} did not return within {patience.TotalSeconds:0.#} s of being interrupted");
    }
}
