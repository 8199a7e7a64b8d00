using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Commands;

/// <summary>What a shell completes, by the script that <c>snakehost completion</c> prints.</summary>
public sealed class CompletionTests
{
    [Theory]
    [InlineData("snakehost --max-d", "--max-dynamic-apps")]
    [InlineData("snakehost doctor --isolation p", "process")]
    [InlineData("snakehost new fa", "fastapi")]
    [InlineData("snakehost comp", "completion")]
    [InlineData("snakehost sync --re", "--recreate")]
    public async Task Bash_Completes(string line, string expected)
    {
        var script = $$"""
            snakehost() { dotnet "{{GatewayLocation.Assembly}}" "$@"; }
            source <(snakehost completion bash)
            COMP_LINE=$1 COMP_POINT=${#1}
            read -ra COMP_WORDS <<< "$1"
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _snakehost
            echo "${COMPREPLY[@]}"
            """;
        Assert.Equal(expected, await PythonProcess.ProgramAsync("bash", "-c", script, "bash", line));
    }

    [Theory]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task OtherShells_ReadTheirScript(string shell)
    {
        var (exitCode, script) = await CommandRun.RunAsync(Path.GetTempPath(), ["completion", shell]);
        Assert.Equal(0, exitCode);
        Assert.Contains("[suggest:", script, StringComparison.Ordinal);
        Assert.SkipUnless(PythonProcess.IsInstalled(shell), $"{shell} is not installed.");
        using var file = new TemporaryFolder();
        await PythonProcess.ProgramAsync(shell, "-n", file.File("completion", script));
    }
}
