using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace SnakeHost.Gateway.Listening;

/// <summary>Gives Kestrel its memory.</summary>
internal sealed class SocketMemoryFactory : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new SocketMemory();
}
