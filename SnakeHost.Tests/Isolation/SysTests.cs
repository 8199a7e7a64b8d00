using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Isolation;

/// <summary>The <c>sys</c> module of a tenant, whose attributes are its own.</summary>
public sealed class SysTests(SharedGateways gateways) : IsolationTests(gateways)
{
    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task OtherModules_HaveNoneOfItsProperties(string python)
    {
        var pair = await PairAsync(python, "wsgi",
            """
            import settings, sys, types
            from core import path
            from core.path import join

            settings.prefix = "/v2"
            answer = lambda _: f"{settings.argv} {settings.prefix} {sys.prefix == '/v2'} {path.join is join} {hasattr(settings, 'path')} {isinstance(settings, type(sys))} {isinstance(sys, types.ModuleType)} {isinstance(1, type(sys))}"
            """,
            ("settings.py", "argv = ['a']\nprefix = '/api'\n"), ("core/__init__.py", ""), ("core/path.py", "def join(): pass\n"));
        await pair.EachAnswersAsync("/", _ => "['a'] /v2 False True False True True False");
    }

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task AStreamThatIsWrapped_GetsEachTextOnce(string python)
    {
        var pair = await PairAsync(python, "wsgi",
            """
            import codecs, contextlib, io, logging, sys

            class Tee:
                def __init__(self, stream):
                    self.stream, self.seen = stream, []

                def write(self, text):
                    self.seen.append(text)
                    return self.stream.write(text)

                def flush(self):
                    self.stream.flush()

            def answer(path):
                before = sys.stdout
                try:
                    sys.stdout = tee = Tee(sys.stdout)
                    print("printed")
                    sys.stdout.write("written\n")
                    logging.StreamHandler(sys.stdout).emit(logging.makeLogRecord({"msg": "logged"}))
                    sys.stdout = io.TextIOWrapper(before.buffer, line_buffering=True)
                    print("by a wrapper")
                    sys.stdout = codecs.getwriter("utf-8")(before.buffer)
                    print("by a codec")
                finally:
                    sys.stdout = before
                with contextlib.redirect_stdout(io.StringIO()) as text:
                    print("kept")
                return f"{''.join(tee.seen)!r} {text.getvalue()!r} {sys.stdout is before}"
            """);
        await pair.EachAnswersAsync("/", _ => @"'printed\nwritten\nlogged\n' 'kept\n' True");
    }
}
