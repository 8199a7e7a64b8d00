namespace SnakeHost.Gateway.Asgi;

/// <summary>
/// Looks at what a client sends on its WebSocket, without keeping any of it, for what .NET does not tell: a close frame without a code
/// (1005 to the app; RFC 6455, 7.1.5), which it gives as 1000, and a frame that is not masked, which it takes (5.1 forbids it).
/// </summary>
internal sealed class IncomingFrames
{
    private const int Close = 8;

    private int _opcode;
    private int _header; // bytes of the frame's header so far
    private int _extension; // bytes of it that hold a longer length
    private int _headerEnd;
    private long _length;
    private long _payload; // bytes of it that are yet to come

    public bool HasEmptyClose { get; private set; }

    public bool HasUnmaskedFrame { get; private set; }

    /// <summary>The bytes that were read next, in parts of any size.</summary>
    public void Observe(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            if (_payload > 0)
            {
                var skipped = (int)Math.Min(_payload, data.Length);
                _payload -= skipped;
                data = data[skipped..];
                continue;
            }

            ObserveHeader(data[0]);
            data = data[1..];
        }
    }

    /// <summary>RFC 6455, 5.2.</summary>
    private void ObserveHeader(byte next)
    {
        switch (_header++)
        {
            case 0:
                _opcode = next & 0xF;
                return;
            case 1:
                _length = next & 0x7F;
                _extension = _length switch { 126 => 2, 127 => 8, _ => 0 };
                _headerEnd = 2 + _extension + ((next & 0x80) != 0 ? 4 : 0);
                HasUnmaskedFrame |= (next & 0x80) == 0;
                if (_extension > 0)
                    _length = 0;
                break;
            case var position when position < 2 + _extension:
                _length = _length << 8 | next;
                break;
        }

        if (_header < _headerEnd)
            return;
        HasEmptyClose = _opcode == Close && _length == 0;
        (_payload, _header) = (_length, 0);
    }
}
