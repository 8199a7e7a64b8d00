using Microsoft.Extensions.FileProviders;
using SnakeHost.Gateway.Pipeline;

namespace SnakeHost.Tests.Pipeline;

public sealed class ConfinedFileProviderTests
{
    [Theory]
    [InlineData("longer than it was")]
    [InlineData("")]
    [InlineData(null)]
    public void AFileThatHasBeenWrittenAnewSinceItWasLookedAt_IsNotSentWithTheOldLength(string? content)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("file.txt", "text");
        using var files = new PhysicalFileProvider(folder.Path);
        var seen = new ConfinedFileProvider(files).GetFileInfo("/file.txt");
        Assert.Equal((4, null), (seen.Length, seen.PhysicalPath));

        File.Delete(path);
        if (content is not null)
            folder.File("file.txt", content);

        Assert.ThrowsAny<IOException>(seen.CreateReadStream);
    }
}
