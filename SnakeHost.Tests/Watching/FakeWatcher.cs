using System.Collections.Concurrent;
using SnakeHost.Gateway.Watching;

namespace SnakeHost.Tests.Watching;

/// <summary>A watcher that sees what the test tells it.</summary>
internal sealed class FakeWatcher : IChangeWatcher
{
    private readonly ConcurrentQueue<FakeTree> _trees = new();

    public IReadOnlyCollection<FakeTree> Trees => _trees;

    public IWatchedTree Watch(WatchTarget target, IChangeSink sink, TreeSnapshot? since = null)
    {
        var tree = new FakeTree(sink);
        _trees.Enqueue(tree);
        return tree;
    }

    public void Dispose()
    {
    }

    internal sealed class FakeTree(IChangeSink sink) : IWatchedTree
    {
        public bool IsDisposed { get; private set; }

        public int Renewals { get; private set; }

        public void Change(params string[] paths) => sink.Changed(paths, []);

        public void Write(string path) => sink.Changed([path], [path]);

        public void Delete() => sink.Missing();

        public void TakeIn()
        {
        }

        public void Renew() => Renewals++;

        public void Dispose() => IsDisposed = true;
    }
}
