using System.Buffers;
using SnakeHost.Gateway.Listening;

namespace SnakeHost.Tests.Listening;

public sealed class SocketMemoryTests
{
    public static bool HasSmallPages => OperatingSystem.IsLinux() && Environment.SystemPageSize <= 8192;

    [Fact]
    public void ABlockThatCameBack_GoesOutAgain()
    {
        using var memory = new SocketMemory();
        var first = memory.Rent(100);
        var block = first.Memory;

        first.Dispose();

        using var second = memory.Rent();
        Assert.True(block.Equals(second.Memory));
        Assert.InRange(block.Length, 16 * 1024, memory.MaxBufferSize);
    }

    [Fact]
    public void ABlockThatComesBackTwice_GoesOutOnce()
    {
        using var memory = new SocketMemory();
        var block = memory.Rent();

        block.Dispose();
        block.Dispose();

        using var first = memory.Rent();
        using var second = memory.Rent();
        Assert.False(first.Memory.Equals(second.Memory));
        first.Memory.Span.Fill(1);
        second.Memory.Span.Fill(2);
        Assert.All(first.Memory.ToArray(), value => Assert.Equal(1, value));
    }

    [Fact]
    public void BlocksThatAreNotNeeded_GoHalfByHalf_AndThoseThatAreStay()
    {
        using var memory = new SocketMemory();
        Use(8);
        memory.Trim(); // counts from here on
        Use(3);

        // Five were free all the time.
        memory.Trim();
        Assert.Equal(5, memory.Free);
        Use(3);
        memory.Trim();
        Assert.Equal(4, memory.Free);
        Use(3);
        memory.Trim();
        Assert.Equal(3, memory.Free);
        Use(3);
        memory.Trim();
        Assert.Equal(3, memory.Free);

        void Use(int count)
        {
            var blocks = new List<IMemoryOwner<byte>>();
            for (var i = 0; i < count; i++)
                blocks.Add(memory.Rent());
            blocks.ForEach(block => block.Dispose());
        }
    }

    [Fact(Skip = "No whole page of this system's lies in a block, or it is not Linux.", SkipUnless = nameof(HasSmallPages))]
    public void ABlockThatIsNotNeeded_GivesItsMemoryBackAtOnce()
    {
        using var memory = new SocketMemory();
        var block = memory.Rent();
        var bytes = block.Memory;
        bytes.Span.Fill(1);
        block.Dispose();

        memory.Trim();
        Assert.Equal(1, bytes.Span[bytes.Length / 2]);
        memory.Trim();

        // The system gives a page that it is asked for again as zeros.
        Assert.Equal((0, 0), (memory.Free, bytes.Span[bytes.Length / 2]));
    }

    [Fact]
    public void MoreThanABlock_IsRefused()
    {
        using var memory = new SocketMemory();

        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Rent(memory.MaxBufferSize + 1));
    }
}
