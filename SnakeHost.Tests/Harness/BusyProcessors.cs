namespace SnakeHost.Tests.Harness;

/// <summary>Keeps all processors busy, so that whoever gives one up has to wait for it.</summary>
internal sealed class BusyProcessors : IDisposable
{
    private readonly List<Thread> _threads = [];
    private volatile bool _isOver;

    public BusyProcessors(int threadsEach)
    {
        for (var i = 0; i < threadsEach * Environment.ProcessorCount; i++)
        {
            var thread = new Thread(Spin) { IsBackground = true };
            thread.Start();
            _threads.Add(thread);
        }
    }

    public void Dispose()
    {
        _isOver = true;
        _threads.ForEach(thread => thread.Join());
    }

    private void Spin()
    {
        while (!_isOver)
            Thread.SpinWait(1000);
    }
}
