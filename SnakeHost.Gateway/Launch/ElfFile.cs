using System.Buffers.Binary;
using System.Text;

namespace SnakeHost.Gateway.Launch;

/// <summary>As much of ELF (System V ABI, chapters 4 and 5; 64-bit, little-endian) as it takes to know which symbols a file offers.</summary>
internal static class ElfFile
{
    private const int HeaderSize = 64;
    private const int SectionHeaderSize = 64;
    private const int SymbolSize = 24;
    private const int DynamicSymbols = 11;
    /// <summary>Far above any real table: a file that claims more is broken.</summary>
    private const int MostBytes = 64 * 1024 * 1024;

    /// <summary>Whether the file defines this dynamic symbol itself. False for what is no such file, or cannot be read.</summary>
    public static bool Defines(string path, string symbol)
    {
        try
        {
            using var file = File.OpenRead(path);
            return Defines(file, Encoding.UTF8.GetBytes(symbol));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or OverflowException)
        {
            return false;
        }
    }

    private static bool Defines(FileStream file, ReadOnlySpan<byte> symbol)
    {
        var header = Read(file, 0, HeaderSize);
        // Magic, ELFCLASS64, ELFDATA2LSB.
        if (!header.AsSpan(0, 6).SequenceEqual("\u007FELF\u0002\u0001"u8))
            return false;
        var sections = Read(file, Long(header, 0x28), BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(0x3C)) * SectionHeaderSize);
        for (var at = 0; at < sections.Length; at += SectionHeaderSize)
        {
            if (Int(sections, at + 4) != DynamicSymbols)
                continue;
            var names = Section(file, sections, Int(sections, at + 0x28) * SectionHeaderSize);
            var symbols = Section(file, sections, at);
            for (var entry = 0; entry + SymbolSize <= symbols.Length; entry += SymbolSize)
            {
                // Section 0: it is defined elsewhere.
                if (BinaryPrimitives.ReadUInt16LittleEndian(symbols.AsSpan(entry + 6)) != 0 && IsNamed(names.AsSpan(Int(symbols, entry)), symbol))
                    return true;
            }
        }

        return false;
    }

    private static bool IsNamed(ReadOnlySpan<byte> names, ReadOnlySpan<byte> symbol) =>
        names.StartsWith(symbol) && names.Length > symbol.Length && names[symbol.Length] == 0;

    private static byte[] Section(FileStream file, byte[] sections, int at) => Read(file, Long(sections, at + 0x18), checked((int)Long(sections, at + 0x20)));

    private static byte[] Read(FileStream file, long offset, int length)
    {
        if (length is < 0 or > MostBytes)
            throw new IOException("No such table.");
        var bytes = new byte[length];
        file.Position = offset;
        file.ReadExactly(bytes);
        return bytes;
    }

    private static int Int(byte[] bytes, int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));

    private static long Long(byte[] bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));
}
