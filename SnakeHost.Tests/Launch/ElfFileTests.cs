using SnakeHost.Gateway.Launch;

namespace SnakeHost.Tests.Launch;

public sealed class ElfFileTests
{
    // Loaded by every .NET program; its functions are its own, and those of libc are not.
    private static readonly string s_library = Path.Join(Path.GetDirectoryName(typeof(object).Assembly.Location), "libSystem.Native.so");

    [Fact]
    public void ASymbolThatItOffers_IsFound() => Assert.True(ElfFile.Defines(s_library, "SystemNative_GetPid"));

    [Theory]
    [InlineData("getpid")] // it uses it
    [InlineData("SystemNative_GetPi")]
    [InlineData("SystemNative_GetPidX")]
    [InlineData("")]
    public void AnyOther_IsNot(string symbol) => Assert.False(ElfFile.Defines(s_library, symbol));

    [Fact]
    public void WhatIsNoSuchFile_OffersNothing()
    {
        using var folder = new TemporaryFolder();
        var bytes = File.ReadAllBytes(s_library);
        string Part(string name, ReadOnlySpan<byte> content)
        {
            var path = Path.Join(folder.Path, name);
            File.WriteAllBytes(path, content);
            return path;
        }

        Assert.All(
            [
                folder.File("script", "#!/bin/sh\nexec python3\n"),
                folder.File("empty"),
                Part("head", bytes.AsSpan(0, 64)),
                Part("cut", bytes.AsSpan(0, bytes.Length - 100)),
                Part("wild", [.. bytes[..0x28], .. Enumerable.Repeat((byte)0xFF, 24)]),
                folder.Path,
                Path.Join(folder.Path, "missing"),
            ],
            path => Assert.False(ElfFile.Defines(path, "SystemNative_GetPid"), path));
    }
}
