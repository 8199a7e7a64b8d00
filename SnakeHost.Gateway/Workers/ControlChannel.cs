using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace SnakeHost.Gateway.Workers;

/// <summary>
/// The connection between a gateway and a worker: a message is a line of JSON. Its end is the other one's end, which the kernel tells even of a process that was killed.
/// </summary>
internal sealed class ControlChannel : IAsyncDisposable
{
    /// <summary>Characters of output that may wait for the other side; what does not fit is dropped, and counted.</summary>
    private const long MostWaiting = 8 << 20;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly NetworkStream _stream;
    private readonly Channel<WorkerMessage> _outgoing = Channel.CreateUnbounded<WorkerMessage>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _writing;
    private long _waiting;
    private int _dropped;

    public ControlChannel(Socket socket)
    {
        _stream = new NetworkStream(socket, ownsSocket: true);
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Sends a message; does not wait for that.</summary>
    public void Post(WorkerMessage message)
    {
        if (Volatile.Read(ref _waiting) < MostWaiting || Size(message) == 0)
        {
            Interlocked.Add(ref _waiting, Size(message));
            _outgoing.Writer.TryWrite(message);
        }
        else
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>What the other one says, until it ends.</summary>
    public async IAsyncEnumerable<WorkerMessage> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var reader = new StreamReader(_stream, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        while (await ReadLineAsync(reader, cancellationToken) is { } line && Parse(line) is { } message)
            yield return message;
    }

    /// <summary>Passes on what the other one says, until it ends.</summary>
    /// <param name="ended">Completes with the other one's process. A child of that may hold the connection beyond it.</param>
    /// <param name="silence">So long is listened for what it has said before.</param>
    public async Task HearAsync(Action<WorkerMessage> take, Task ended, TimeSpan silence)
    {
        var limit = new CancellationTokenSource();
        _ = ended.ContinueWith(_ => limit.CancelAfter(silence), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        try
        {
            await foreach (var message in ReadAllAsync(limit.Token))
                take(message);
        }
        catch (OperationCanceledException)
        {
            // See above.
        }
    }

    /// <summary>Sends what is left, though not to one that does not read.</summary>
    public async ValueTask DisposeAsync()
    {
        _outgoing.Writer.TryComplete();
        await _writing.WaitAsync(s_patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stream.DisposeAsync();
    }

    private static async Task<string?> ReadLineAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadLineAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Null for half a line: the other one was killed while it wrote. And for what is none of ours, from an app that has found the channel.</summary>
    private static WorkerMessage? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, WorkerJsonContext.Default.WorkerMessage);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Only output is ever too much.</summary>
    private static int Size(WorkerMessage message) => message switch
    {
        WorkerMessage.Line line => line.Text.Length + 1,
        WorkerMessage.Record record => record.Logged.Text.Length + record.Logged.Message.Length + 1,
        _ => 0,
    };

    private async Task WriteAsync()
    {
        try
        {
            await foreach (var message in _outgoing.Reader.ReadAllAsync())
            {
                Interlocked.Add(ref _waiting, -Size(message));
                await SendAsync(message);
                if (message is WorkerMessage.Line line && Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
                    await SendAsync(line with { Text = $"[{dropped} lines more than the gateway could take in were dropped]" });
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The other one is gone, which whoever reads finds out.
        }
    }

    private async Task SendAsync(WorkerMessage message)
    {
        await JsonSerializer.SerializeAsync(_stream, message, WorkerJsonContext.Default.WorkerMessage);
        _stream.WriteByte((byte)'\n');
    }
}
