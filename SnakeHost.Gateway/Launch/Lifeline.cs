namespace SnakeHost.Gateway.Launch;

/// <summary>
/// Ends the gateway when the launcher that started it is gone, however that ended: the launcher holds the other end of standard
/// input and says so in <c>SNAKEHOST_LIFELINE</c>. The kernel closes a dead process's pipes, so nothing has to be polled.
/// </summary>
internal static class Lifeline
{
    /// <summary>Watches standard input if a launcher asked for it.</summary>
    public static void Attach(IHostApplicationLifetime lifetime)
    {
        if (Environment.GetEnvironmentVariable("SNAKEHOST_LIFELINE") == "stdin")
            Watch(Console.OpenStandardInput(), lifetime.StopApplication);
    }

    /// <summary>Calls <paramref name="stop"/> at the stream's end.</summary>
    internal static void Watch(Stream input, Action stop)
    {
        // A thread of its own: reads of standard input block, and may do so for days.
        new Thread(() =>
        {
            var ignored = new byte[256];
            try
            {
                while (input.Read(ignored, 0, ignored.Length) > 0)
                {
                }
            }
            catch (IOException)
            {
                // A broken pipe says the same.
            }
            stop();
        })
        { IsBackground = true, Name = "lifeline" }.Start();
    }
}
