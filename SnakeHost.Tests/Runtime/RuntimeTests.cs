using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Runtime;

/// <summary>Runs the tests of the Python half, each file on each interpreter of this machine that can decide what comes of it.</summary>
public sealed class RuntimeTests(ITestOutputHelper output)
{
    private static readonly string s_package = Path.Combine(AppContext.BaseDirectory, "snakehost");
    private static readonly string s_tests = Path.Combine(AppContext.BaseDirectory, "PythonTests");
    private const string InstallersTest = "sync_making_test";

    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(5);

    public static TheoryData<string, string> FilesAndInterpreters()
    {
        var data = new TheoryData<string, string>();
        foreach (var file in Directory.GetFiles(s_tests, "*_test.py").Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileNameWithoutExtension(file);
            foreach (var python in name == InstallersTest ? InstalledPythons.Pips : InstalledPythons.Builds)
                data.Add(name, python);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(FilesAndInterpreters))]
    public async Task ThePythonHalf_PassesItsTests(string file, string python)
    {
        var start = new ProcessStartInfo(python, ["-m", "unittest", "-v", file])
        {
            WorkingDirectory = s_tests,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["SNAKEHOST_TEST_RUNTIME"] = s_package;
        // It would hide that stale bytecode is served; -m unittest must see the interpreter as its users do.
        start.Environment.Remove("PYTHONDONTWRITEBYTECODE");
        start.Environment.Remove("PYTHONPATH");
        using var process = ChildProcess.Start(start);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(s_longest);
        var standardOutput = process.StandardOutput.ReadToEndAsync(timeout.Token);
        var standardError = process.StandardError.ReadToEndAsync(timeout.Token);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        var text = await standardOutput + await standardError;
        output.WriteLine($"CPython {InstalledPythons.VersionOf(python)}\n{text}");
        // What 3.12.0 and 3.12.1 say where each test was skipped; others count those as run.
        Assert.SkipWhen(text.Contains("NO TESTS RAN (skipped=", StringComparison.Ordinal), $"{python} has none of what {file} needs.");
        Assert.True(process.ExitCode == 0, text);
        var ran = Number(@"Ran (\d+) tests?", text);
        Assert.NotEqual(0, ran);
        // Each skipped test says why in the output; a row of which nothing ran is not one that passed.
        Assert.SkipWhen(Number(@"skipped=(\d+)", text) == ran, $"{python} has none of what {file} needs.");
    }

    private static int Number(string pattern, string text) =>
        Regex.Match(text, pattern) is { Success: true } match ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 0;

    [Fact]
    public void AtLeastOneInterpreter_IsInstalled() => Assert.NotEmpty(InstalledPythons.Builds);
}
