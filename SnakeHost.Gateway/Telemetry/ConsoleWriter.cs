using System.Buffers;
using System.Globalization;
using System.Text;

namespace SnakeHost.Gateway.Telemetry;

/// <summary>Standard output, or error, for whoever must not wait for its reader: a thread of its own writes what has been given to it.</summary>
/// <remarks>
/// A terminal after Ctrl-S, a stopped <c>less</c>, a paused supervisor: a write waits until somebody reads on, and lines come from threads that hold the GIL, that answer
/// requests, or that watch the sockets of all apps. So a text is put into memory, up to <see cref="Capacity"/>. What does not fit is dropped whole, and counted; the count is
/// written when there is room again. What cannot be written at all (a full disk) is dropped, too.
/// </remarks>
internal sealed class ConsoleWriter : TextWriter
{
    /// <summary>Bytes that may wait.</summary>
    internal const int Capacity = 8 << 20;

    /// <summary>A buffer that has become larger is not kept.</summary>
    private const int Usual = 256 << 10;

    /// <summary>So long the end of the process waits for the reader.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(1);

    private static ConsoleWriter[] s_installed = [];

    private readonly int _descriptor;
    private readonly bool _isShared;
    private readonly object _gate = new();
    private ArrayBufferWriter<byte> _waiting = new(), _written = new();
    private long _dropped;
    private bool _isWriting;

    private ConsoleWriter(int descriptor, Encoding encoding, string name, bool isShared)
        : base(CultureInfo.InvariantCulture)
    {
        _descriptor = descriptor;
        _isShared = isShared;
        Encoding = encoding;
        new Thread(Run) { IsBackground = true, Name = name }.Start();
    }

    public override Encoding Encoding { get; }

    /// <summary>Puts itself in the place of both streams of the console, before anybody has asked for one. The process's end waits a moment for what is left.</summary>
    /// <param name="isShared">Whether other processes write to the same.</param>
    public static void Install(bool isShared)
    {
        var encoding = Console.OutputEncoding;
        var output = new ConsoleWriter(1, encoding, "SnakeHost stdout", isShared);
        var error = new ConsoleWriter(2, encoding, "SnakeHost stderr", isShared);
        Console.SetOut(output);
        Console.SetError(error);
        s_installed = [output, error];
        AppDomain.CurrentDomain.ProcessExit += static (_, _) => Finish();
    }

    /// <summary>Waits until all is written, though not for a reader that does not read.</summary>
    public static void Finish()
    {
        var end = Environment.TickCount64 + (long)s_timeout.TotalMilliseconds;
        foreach (var writer in s_installed)
            writer.Drain(TimeSpan.FromMilliseconds(Math.Max(0, end - Environment.TickCount64)));
    }

    public override void Write(char value) => Write([value]);

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(string? value) => Write(value.AsSpan());

    /// <summary>In one piece, so that nothing is dropped in the midst of a line.</summary>
    public override void WriteLine(string? value) => Write(string.Concat(value, NewLine));

    public override void Write(ReadOnlySpan<char> buffer)
    {
        lock (_gate)
        {
            if (_waiting.WrittenCount + (long)Encoding.GetByteCount(buffer) > Capacity)
            {
                _dropped++;
                return;
            }

            Encoding.GetBytes(buffer, _waiting);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits until all is written, for so long at most.</summary>
    internal bool Drain(TimeSpan patience)
    {
        var end = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        lock (_gate)
        {
            while (_isWriting || _waiting.WrittenCount > 0)
            {
                var left = end - Environment.TickCount64;
                if (left <= 0 || !Monitor.Wait(_gate, (int)left))
                    return false;
            }
        }

        return true;
    }

    private void Run()
    {
        while (true)
        {
            lock (_gate)
            {
                _isWriting = false;
                Monitor.PulseAll(_gate);
                while (_waiting.WrittenCount == 0)
                    Monitor.Wait(_gate);
                if (_dropped > 0)
                {
                    Encoding.GetBytes($"{NewLine}SnakeHost: {_dropped} messages are missing here, for nobody has read this output.{NewLine}", _waiting);
                    _dropped = 0;
                }

                (_waiting, _written) = (_written, _waiting);
                _isWriting = true;
            }

            if (_isShared)
                StandardStream.WriteLines(_descriptor, _written.WrittenSpan);
            else
                StandardStream.Write(_descriptor, _written.WrittenSpan);
            if (_written.Capacity > Usual)
                _written = new ArrayBufferWriter<byte>();
            else
                _written.ResetWrittenCount();
        }
    }
}
