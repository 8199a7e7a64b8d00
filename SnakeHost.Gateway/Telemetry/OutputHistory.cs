using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace SnakeHost.Gateway.Telemetry;

/// <summary>The last lines of each app, and the next ones for whoever follows.</summary>
internal sealed class OutputHistory(TimeProvider time)
{
    /// <summary>How many lines of an app are kept.</summary>
    internal const int LinesKept = 200;

    /// <summary>Of how many apps; the one that has been silent for longest goes first.</summary>
    internal const int AppsKept = 256;

    /// <summary>How many lines may wait for a follower; then it loses the oldest.</summary>
    private const int Backlog = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Kept> _apps = new(StringComparer.Ordinal);
    private readonly List<Channel<OutputLine>> _followers = [];
    private long _number;
    private bool _completed;

    /// <summary>Names this process's numbering of lines.</summary>
    public string Instance { get; } = Guid.NewGuid().ToString("n")[..12];

    /// <summary>Called with Python's GIL held: it writes into memory and returns.</summary>
    public void Add(string tenant, string stream, string text) => Add(tenant, stream, text, time.GetUtcNow());

    /// <summary>A line that was printed elsewhere, at that time.</summary>
    public void Add(string tenant, string stream, string text, DateTimeOffset printed)
    {
        lock (_gate)
        {
            var line = new OutputLine(++_number, tenant, stream, text, printed);
            if (!_apps.TryGetValue(tenant, out var lines))
            {
                if (_apps.Count == AppsKept)
                    _apps.Remove(_apps.MinBy(app => app.Value.Latest).Key);
                _apps.Add(tenant, lines = new Kept());
            }

            lines.Add(line);
            foreach (var follower in _followers)
                follower.Writer.TryWrite(line);
        }
    }

    /// <summary>The lines that are kept, then those to come, in order and each once, until the token is cancelled or the gateway stops.</summary>
    /// <param name="tenant">Of this app only; null for all.</param>
    /// <param name="after">Those with a higher number only.</param>
    /// <param name="cancellationToken">Ends it, by an exception.</param>
    public async IAsyncEnumerable<OutputLine> FollowAsync(
        string? tenant, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<OutputLine>(new BoundedChannelOptions(Backlog) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        OutputLine[] kept;
        // Copied, no more: who prints waits for this lock with the GIL.
        lock (_gate)
        {
            kept = [.. _apps.Values.SelectMany(lines => lines.Lines)];
            _followers.Add(channel);
            if (_completed)
                channel.Writer.Complete();
        }

        Array.Sort(kept, static (left, right) => left.Number.CompareTo(right.Number));
        try
        {
            foreach (var line in kept)
            {
                if (IsWanted(line))
                    yield return line;
            }

            await foreach (var line in channel.Reader.ReadAllAsync(cancellationToken))
            {
                if (IsWanted(line))
                    yield return line;
            }
        }
        finally
        {
            lock (_gate)
                _followers.Remove(channel);
        }

        bool IsWanted(OutputLine line) => line.Number > after && (tenant is null || line.Tenant == tenant);
    }

    /// <summary>Nothing more will be printed: ends what followers read.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _completed = true;
            foreach (var follower in _followers)
                follower.Writer.TryComplete();
        }
    }

    /// <summary>The lines of an app.</summary>
    private sealed class Kept
    {
        public Queue<OutputLine> Lines { get; } = [];

        /// <summary>The number of its last line.</summary>
        public long Latest { get; private set; }

        public void Add(OutputLine line)
        {
            if (Lines.Count == LinesKept)
                Lines.Dequeue();
            Lines.Enqueue(line);
            Latest = line.Number;
        }
    }
}
