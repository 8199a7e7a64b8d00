namespace SnakeHost.Gateway.Apps;

/// <summary>There is no profile; the message is a sentence that says why.</summary>
internal sealed class NoProfileException(string message) : Exception(message)
{
    /// <summary>What one of several processes tells, or why it does not: the others may.</summary>
    public static async Task<(T? Found, NoProfileException? Refusal)> CatchAsync<T>(Task<T> asked)
        where T : class?
    {
        try
        {
            return (await asked, null);
        }
        catch (NoProfileException e)
        {
            return (default, e);
        }
    }
}
