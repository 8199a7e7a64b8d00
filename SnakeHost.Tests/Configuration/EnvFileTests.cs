using System.Diagnostics;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Configuration;

public sealed class EnvFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("A=1", "1")]
    [InlineData("\uFEFFA=1\r\n", "1")]
    [InlineData("export A=1", "1")]
    [InlineData("  A = 1  ", "1")]
    [InlineData("A=", "")]
    [InlineData("A=1 # comment", "1")]
    [InlineData("A=a#b", "a#b")]
    [InlineData("A=#all", "")]
    [InlineData("A=x=y", "x=y")]
    [InlineData("A='x # y'", "x # y")]
    [InlineData("A='a\\n$B'", "a\\n$B")]
    [InlineData("A=\"a\\nb\\\"c\\\\d\\q\"  # comment", "a\nb\"c\\d\\q")]
    [InlineData("A=\"l1\nl2\"", "l1\nl2")]
    [InlineData("A='l1\r\nl2'", "l1\nl2")]
    [InlineData("A=$HOME ${HOME}", "$HOME ${HOME}")]
    [InlineData("A=it's", "it's")]
    [InlineData("services__my-api__http.2__0=x\nA=1", "1")]
    [InlineData("# first\n\nA=1\nB=x\nA=2", "2")]
    public void AValue_IsRead(string text, string value) => Assert.Equal(value, EnvFile.Parse("f", text)["A"]);

    [Fact]
    public async Task AFifo_IsRefusedRatherThanWaitedFor()
    {
        var fifo = Path.Join(_folder.Path, EnvFile.DefaultName);
        using (var make = ChildProcess.Start(new ProcessStartInfo("mkfifo", [fifo])))
            await make.WaitForExitAsync(TestContext.Current.CancellationToken);

        var refused = Assert.Throws<ConfigurationException>(() => EnvFile.Read(fifo, _folder.Path));
        Assert.Equal($"{fifo} is not a regular file.", refused.Message);
    }

    [Theory]
    [InlineData("A=1\nnonsense", "f, line 2: it must read NAME=value.")]
    [InlineData("\n\nA B=1", "f, line 3: A B cannot be set: a name has letters, digits, _, - and . and does not start with a digit.")]
    [InlineData("9A=1", "f, line 1: 9A cannot be set: a name has letters, digits, _, - and . and does not start with a digit.")]
    [InlineData("A=1\nLD_PRELOAD=x", "f, line 2: LD_PRELOAD cannot be set: names that start with LD_ are not for apps to set.")]
    [InlineData("DYLD_INSERT_LIBRARIES=x", "f, line 1: DYLD_INSERT_LIBRARIES cannot be set: names that start with DYLD_ are not for apps to set.")]
    [InlineData("export PYTHONPATH=x", "f, line 1: PYTHONPATH cannot be set: names that start with PYTHON are not for apps to set.")]
    [InlineData("SNAKEHOST_X=x", "f, line 1: SNAKEHOST_X cannot be set: names that start with SNAKEHOST_ are not for apps to set.")]
    [InlineData("A='1\n2\n", "f, line 1: the quote of A is never closed.")]
    [InlineData("B='1\n2'\nA=\"x\"y", "f, line 3: something follows the closing quote of A.")]
    [InlineData("A=a\0b", "f, line 1: the value of A holds a NUL character.")]
    public void ABadLine_IsNamedByFileAndLine(string text, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<ConfigurationException>(() => EnvFile.Parse("f", text)).Message);

    [Fact]
    public void LaterFilesWin_AndTheProcessEnvironmentIsUntouched()
    {
        string[] files = [_folder.File("1.env", "SNAKE_TEST_A=1\nSNAKE_TEST_B=1"), _folder.File("2.env", "SNAKE_TEST_B=2")];
        var variables = EnvFile.ReadAll(files, _folder.Path);
        Assert.Equal(["1", "2"], [variables["SNAKE_TEST_A"], variables["SNAKE_TEST_B"]]);
        Assert.Null(Environment.GetEnvironmentVariable("SNAKE_TEST_A"));
    }

    [Fact]
    public void OnlyTheDefaultFileMayBeMissing()
    {
        Assert.Empty(EnvFile.Read(Path.Join(_folder.Path, ".env"), _folder.Path));
        foreach (var name in new[] { "prod.env", "sub/.env" })
        {
            var missing = Path.Join(_folder.Path, name);
            Assert.Equal(
                $"There is no file {missing}, which is configured as an environment file.",
                Assert.Throws<ConfigurationException>(() => EnvFile.Read(missing, _folder.Path)).Message);
        }
    }

    [Fact]
    public void ALinkOutOfTheWorkingDirectory_IsRefused_AndOneWithinIsFollowed()
    {
        var secret = _folder.File("secret.env", "A=1");
        var app = _folder.Folder("app");
        var inside = _folder.File("app/real.env", "A=2");
        File.CreateSymbolicLink(Path.Join(app, "out.env"), secret);
        File.CreateSymbolicLink(Path.Join(app, "in.env"), inside);

        Assert.Contains("leaves the working directory", Assert.Throws<ConfigurationException>(() => EnvFile.Read(Path.Join(app, "out.env"), app)).Message, StringComparison.Ordinal);
        Assert.Equal("2", EnvFile.Read(Path.Join(app, "in.env"), app)["A"]);
        Assert.Equal("1", EnvFile.Read(secret, app)["A"]);
    }

    [Fact]
    public void WhatIsNoTextFile_IsRefused()
    {
        var binary = Path.Join(_folder.Path, "b.env");
        File.WriteAllBytes(binary, [0x41, 0x3d, 0xff, 0xfe]);
        Assert.Equal($"{binary} is not UTF-8.", Assert.Throws<ConfigurationException>(() => EnvFile.Read(binary, _folder.Path)).Message);
        var directory = _folder.Folder("d.env");
        Assert.StartsWith($"{directory} cannot be read", Assert.Throws<ConfigurationException>(() => EnvFile.Read(directory, _folder.Path)).Message, StringComparison.Ordinal);
    }
}
