using System.Buffers.Binary;
using SnakeHost.Gateway.Interop;

namespace SnakeHost.Gateway.Configuration;

/// <summary>
/// Tells a file with content from what only has a name among files: opening a FIFO waits for its other end, a device may do anything. .NET, which calls
/// all of them files, has no word for the difference before it opens them.
/// </summary>
internal static class RegularFile
{
    private const int CurrentDirectory = -100;
    private const uint TypeMask = 1;

    /// <summary>Of <c>struct statx</c>, which is the same on every architecture, and where its mode is.</summary>
    private const int StatusSize = 256;
    private const int ModeOffset = 28;

    private const int FileType = 0xf000;
    private const int Regular = 0x8000;

    /// <summary>Of a path that exists; a symbolic link is followed. True where the system does not tell.</summary>
    public static bool Is(string path)
    {
        Span<byte> status = stackalloc byte[StatusSize];
        try
        {
            return LibC.GetStatus(CurrentDirectory, path, 0, TypeMask, status) != 0
                || (BinaryPrimitives.ReadUInt16LittleEndian(status[ModeOffset..]) & FileType) == Regular;
        }
        catch (EntryPointNotFoundException)
        {
            return true;
        }
    }
}
