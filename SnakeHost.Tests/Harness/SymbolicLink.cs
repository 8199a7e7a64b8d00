using System.Diagnostics;

namespace SnakeHost.Tests.Harness;

internal static class SymbolicLink
{
    /// <summary>Points a link to a folder, as a deployment does: made aside and renamed, so that it is never missing.</summary>
    public static async Task PointAsync(string link, string target)
    {
        // .NET renames no link that leads to a folder.
        Directory.CreateSymbolicLink(link + ".tmp", target);
        using var move = ChildProcess.Start(new ProcessStartInfo("mv", ["-T", link + ".tmp", link]));
        await move.WaitForExitAsync();
        Assert.Equal(0, move.ExitCode);
    }
}
