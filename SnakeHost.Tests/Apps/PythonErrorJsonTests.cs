using System.Text.Json;
using SnakeHost.Gateway.Apps;

namespace SnakeHost.Tests.Apps;

public sealed class PythonErrorJsonTests
{
    [Fact]
    public void ADescription_IsReadWhole()
    {
        var error = PythonErrorJson.Parse("""
            {"type": "ValueError", "message": "no", "traceback": "Traceback…", "file": "/a/main.py", "line": 3, "extra": 1,
             "frames": [{"file": "/a/main.py", "line": 3, "function": "f", "source": "x()", "context": [{"number": 3, "text": "  x()"}], "isTenantCode": true}]}
            """);
        Assert.Equal(("ValueError", "no", "Traceback…", "/a/main.py", 3), (error.Type, error.Message, error.Traceback, error.File, error.Line));
        var frame = Assert.Single(error.Frames);
        Assert.Equal(("/a/main.py", 3, "f", "x()", true), (frame.File, frame.Line, frame.Function, frame.Source, frame.IsTenantCode));
        Assert.Equal(new PythonSourceLine(3, "  x()"), Assert.Single(frame.Context));
    }

    [Fact]
    public void WhatIsMissingOrNull_IsEmpty()
    {
        var error = PythonErrorJson.Parse("""{"type": null, "line": null, "frames": [null, {"line": null, "context": [{"number": 1}, null]}]}""");
        Assert.Equal(("Exception", "", "", null, null), (error.Type, error.Message, error.Traceback, error.File, error.Line));
        var frame = Assert.Single(error.Frames);
        Assert.Equal(("<unknown>", 0, "<unknown>", null), (frame.File, frame.Line, frame.Function, frame.Source));
        Assert.Equal("", Assert.Single(frame.Context).Text);
        Assert.Empty(PythonErrorJson.Parse("{}").Frames);
    }

    [Theory]
    [InlineData("""a\ud800b""", @"a\ud800b")]
    [InlineData("""\uDC80""", @"\udc80")]
    [InlineData("""\ud83d\udca5""", "\ud83d\udca5")]
    [InlineData("""\ud83d\ud83d\udca5""", "\\ud83d\ud83d\udca5")]
    [InlineData("""\udca5\ud83d""", @"\udca5\ud83d")]
    [InlineData("""\\ud800 \n\"\\""", "\\ud800 \n\"\\")]
    [InlineData("""\\\ud800""", @"\\ud800")]
    [InlineData("""\ud800\\udc00""", @"\ud800\udc00")]
    public void LoneSurrogates_ReadAsPythonWouldShowThem(string json, string expected) =>
        Assert.Equal(expected, PythonErrorJson.Parse($$"""{"message": "{{json}}"}""").Message);

    [Fact]
    public void RawSurrogates_AreTreatedLikeEscapedOnes()
    {
        Assert.Equal(@"a\ud800b", PythonErrorJson.Parse("{\"message\": \"a\ud800b\"}").Message);
        Assert.Equal("\ud83d\udca5", PythonErrorJson.Parse("{\"message\": \"\ud83d\udca5\"}").Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"message": "\ud8""")]
    [InlineData("""{"message": "\""")]
    public void WhatIsNoDescription_IsRefused(string json) => Assert.Throws<JsonException>(() => PythonErrorJson.Parse(json));
}
